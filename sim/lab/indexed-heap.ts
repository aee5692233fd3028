/** A binary min-heap of objects that know their place in it, so that one whose order changes can move. All operations are O(log n). */
export class IndexedHeap<Member extends { place: number }> {
  readonly #members: Member[] = []
  readonly #before: (a: Member, b: Member) => boolean

  constructor(before: (a: Member, b: Member) => boolean) {
    this.#before = before
  }

  get first(): Member | undefined {
    return this.#members[0]
  }

  /** It must not be in the heap; its place is -1. */
  add(member: Member): void {
    this.#members.push(member)
    this.#up(this.#members.length - 1, member)
  }

  remove(member: Member): void {
    const { place } = member
    const last = this.#members.pop() as Member
    member.place = -1
    if (last === member) return
    this.#up(place, last)
    this.#down(last.place, last)
  }

  /** Its order may have changed. */
  changed(member: Member): void {
    this.#up(member.place, member)
    this.#down(member.place, member)
  }

  #up(from: number, member: Member): void {
    const members = this.#members
    let place = from
    while (place > 0) {
      const above = members[(place - 1) >> 1] as Member
      if (!this.#before(member, above)) break
      members[place] = above
      above.place = place
      place = (place - 1) >> 1
    }
    members[place] = member
    member.place = place
  }

  #down(from: number, member: Member): void {
    const members = this.#members
    let place = from
    for (;;) {
      let child = 2 * place + 1
      if (child >= members.length) break
      if (child + 1 < members.length && this.#before(members[child + 1] as Member, members[child] as Member)) child += 1
      const below = members[child] as Member
      if (!this.#before(below, member)) break
      members[place] = below
      below.place = place
      place = child
    }
    members[place] = member
    member.place = place
  }
}
