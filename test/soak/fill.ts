/** What is bounded is filled before memory is looked at: what follows is the steady state. */
import { bind } from 'yardmaster'
import { operations } from './operations.ts'
import type { Setting } from './setting.ts'

/** How many tasks the controller keeps. */
export const retained = { countMax: 2_000, purgedMax: 2_000 }
/** More than each end of a link keeps. */
const functionCount = 1_100

declare const seed: number

export async function fill(setting: Setting): Promise<void> {
  const { clients, lasting, random } = setting
  for (const [i, client] of clients.entries()) {
    const engine = client.directView(lasting[i % lasting.length] as number)
    // Each in a message of its own, as later: what is kept of it is kept with that.
    for (let k = 0; k < functionCount; k += 1)
      await engine.apply(
        bind({ seed: random.unit() }, (x: number) => x + seed),
        k,
      )
    const count = retained.countMax + retained.purgedMax
    await client
      .loadBalancedView()
      .with({ chunk: 1 })
      .map((x: number) => x, Array(count).keys())
  }
  for (const { run } of Object.values(operations)) for (let times = 0; times < 5; times += 1) await run(setting)
}
