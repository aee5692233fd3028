/** What is bounded is filled before memory is looked at: what follows is the steady state. */
import { bind } from 'yardmaster'
import { operations } from './operations.ts'
import type { Setting } from './setting.ts'

/** More than the functions that a link, and the tasks that the controller, keeps. */
const functionCount = 1_100
const taskCount = 2_200

declare const seed: number

export async function fill(setting: Setting): Promise<void> {
  for (const client of setting.clients) {
    const steady = client.directView(setting.steady)
    for (let i = 0; i < functionCount; i += 100) {
      const some = Array.from({ length: 100 }, (_, k) =>
        steady.apply(
          bind({ seed: i + k + setting.random.unit() }, (x: number) => x + seed),
          1,
        ),
      )
      await Promise.all(some)
    }
    await client
      .loadBalancedView()
      .with({ chunk: 1 })
      .map((x: number) => x, Array(taskCount).keys())
  }
  for (const { run } of Object.values(operations)) for (let times = 0; times < 5; times += 1) await run(setting)
}
