import { readFile } from 'node:fs/promises'
import { Client } from 'yardmaster'
import type { ClientProcess } from './client-process.ts'
import { type Ending, endingOf, kindOf } from './workload.ts'

const readAtOnce = 1_000

/** All that was told of how tasks ended, by which client. */
export class Verdict {
  readonly problems: string[] = []
  readonly #tasks: number
  readonly #told = new Map<number, Ending>()

  constructor(tasks: number) {
    this.#tasks = tasks
  }

  /** Whoever tells of a task tells the same. */
  hear(who: string, { item, id, end, run, problem }: Ending): void {
    const name = `task ${item} (${kindOf(item)}, ${id})`
    if (problem !== undefined) this.problems.push(`${name} ended with ${end}: ${problem}, as ${who} heard`)
    const before = this.#told.get(item)
    // What never came from the client that was killed, as it was told, its successor has submitted as another task.
    const isAnew = before?.end === 'YM_UNKNOWN_TASK' && before.id !== id
    if (before === undefined || isAnew) this.#told.set(item, { item, id, end, run })
    else if (before.id !== id || before.end !== end || before.run !== run) {
      const earlier = `${before.end} of execution ${before.run} as ${before.id}`
      this.problems.push(`${name} ended with ${end} of execution ${run}, as ${who} heard, and with ${earlier}`)
    }
  }

  hearClient(client: ClientProcess): void {
    const who = `client ${client.session}`
    const { from, to } = client.order
    const heard = new Set<number>()
    for (const ending of client.endings) {
      if (heard.has(ending.item)) this.problems.push(`${who} heard twice of task ${ending.item}`)
      heard.add(ending.item)
      this.hear(who, ending)
    }
    for (const id of client.contradicted) this.problems.push(`two replies that differ came to ${who} for ${id}`)
    if (!client.replies) return
    if (heard.size !== to - from) this.problems.push(`${who} heard of ${heard.size} tasks`)
    // Nothing else ends a task, not even one that is unknown.
    const { replies, repeats } = client.replies
    if (replies - repeats < heard.size)
      this.problems.push(`${who} was seen to get ${replies} replies, ${repeats} of them again, for ${heard.size} tasks`)
  }

  /**
   * What was accepted from a client that was killed is there for its successor. But for what must not run twice: its message may have been lost with
   * the controller, and the client was killed before it told so.
   */
  compareHeirs(killed: ClientProcess, heir: ClientProcess): void {
    const found = new Set(heir.found)
    if (found.size !== heir.found.length) this.problems.push('a task of the client that was killed was found twice')
    for (let item = killed.order.from; item < killed.acceptedBelow; item += 1) {
      if (!found.has(item) && kindOf(item) !== 'once')
        this.problems.push(
          `task ${item} was accepted from the client that was killed, and its successor did not find it`,
        )
    }
  }

  /** The controller holds each task once, and tells another client the same of it. */
  async askController(address: string, key: string): Promise<void> {
    await using client = await Client.connect(address, { key })
    const { waiting, ready, assigned, running } = await client.queueStatus()
    if (waiting + ready + assigned + running > 0)
      this.problems.push(`the controller still has ${JSON.stringify({ waiting, ready, assigned, running })}`)
    const records = await client.query({ client: 'any' })
    const held = new Set<number>()
    for (const { label } of records) {
      if (held.has(Number(label))) this.problems.push(`the controller holds task ${label} twice`)
      held.add(Number(label))
    }
    for (let item = 0; item < this.#tasks; item += 1) {
      if (!held.has(item) && this.#told.get(item)?.end !== 'YM_UNKNOWN_TASK')
        this.problems.push(`the controller does not hold task ${item}`)
    }
    for (let i = 0; i < records.length; i += readAtOnce) {
      const some = records.slice(i, i + readAtOnce)
      const endings = some.map(({ id, label }) => endingOf(Number(label), client.getResult(id)))
      for (const ending of await Promise.all(endings)) this.hear('the last client', ending)
    }
  }

  /** What the executions wrote agrees with what was heard. Answers how many there were. */
  async readLog(path: string): Promise<number> {
    const began = new Map<number, number>()
    const ended = new Set<string>()
    let executions = 0
    for (const line of (await readFile(path, 'utf8')).split('\n')) {
      const [item, run, what] = line.split(' ')
      if (what === 'began') {
        began.set(Number(item), (began.get(Number(item)) ?? 0) + 1)
        executions += 1
      } else if (what === 'ended') ended.add(`${item} ${Number(run)}`)
    }
    for (const { item, end, run } of this.#told.values()) {
      const runs = began.get(item) ?? 0
      const name = `task ${item} (${kindOf(item)})`
      if (end === 'value' && run !== undefined && !ended.has(`${item} ${run}`))
        this.problems.push(`${name} ended with the value of execution ${run}, which did not end`)
      const isNever = kindOf(item) === 'impossible' || end === 'YM_UNKNOWN_TASK'
      if ((isNever && runs > 0) || (kindOf(item) === 'once' && runs > 1))
        this.problems.push(`${name} ran ${runs} times, and ended with ${end}`)
    }
    return executions
  }

  get ends(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { end } of this.#told.values()) counts[end] = (counts[end] ?? 0) + 1
    return counts
  }
}
