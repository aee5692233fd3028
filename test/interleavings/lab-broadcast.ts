import type { AsyncResult } from '../../views/async-result.ts'
import type { Lab } from './lab.ts'
import { beginningsOf, work } from './lab-task.ts'

/** A broadcast, and what may come of it: one entry for each engine that it went to, errors included. */
export class LabBroadcast {
  readonly value: number
  readonly result: AsyncResult<unknown[], unknown>
  isAborted = false

  /** The client must know of an engine. */
  constructor(lab: Lab, value: number) {
    this.value = value
    this.result = lab.client.broadcastView().with({ returnExceptions: true }).apply(work, 'broadcast', value, 0)
  }

  /** What must not be, now that all has ended. */
  async faults(lab: Lab): Promise<string[]> {
    const { ids } = this.result
    const entries = await lab.pump(this.result.get())
    const told = `broadcast ${this.value} to ${ids.length} engines`
    const faults = entries.filter((entry) => !this.#mayBe(entry, lab)).map((entry) => `${told} has the entry ${entry}`)
    if (entries.length !== ids.length) faults.push(`${told} has ${entries.length} entries`)
    const begun = beginningsOf(this.value)
    if (begun > ids.length) faults.push(`${told} began ${begun} times`)
    for (const id of ids) {
      const replies = lab.repliesOnFirstLink.get(id) ?? 0
      if (replies > 1) faults.push(`${told} has ${replies} replies for ${id}`)
    }
    return faults
  }

  #mayBe(entry: unknown, lab: Lab): boolean {
    if (!(entry instanceof Error)) return entry === this.value * 2
    const code = 'code' in entry ? entry.code : undefined
    if (code === 'YM_ABORTED') return this.isAborted || lab.interrupts > 0
    return code === 'YM_ENGINE_LOST' && lab.engineLosses + lab.restarts > 0
  }
}
