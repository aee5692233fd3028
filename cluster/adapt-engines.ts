import { backOffMs } from '../core/back-off.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { Adaptation } from './adaptation.ts'

export interface AdaptedEngines {
  /** How many there are, or are on their way. */
  readonly size: number
  /** How many tasks are ready or at engines. */
  readonly tasks: number
  readonly clock: Clock
  readonly random: Random
  scale(count: number): Promise<void>
  log(level: 'info' | 'warn', message: string): void
}

/** Keeps the number of engines at what is decided, until the answer is called. After engines that did not come up it waits, longer each time. */
export function adaptEngines(engines: AdaptedEngines, adaptation: Adaptation): () => void {
  const { clock, random, log } = engines
  let failures = 0
  let notBefore = Number.NEGATIVE_INFINITY
  let cancel = () => {}
  const look = () => {
    cancel = clock.after(adaptation.everyMs, look)
    const now = clock.now()
    const { size } = engines
    const count = adaptation.decide(now, engines.tasks, size)
    if (count === size || (count > size && now < notBefore)) return
    log('info', `${count > size ? 'more' : 'fewer'} engines are needed: ${count} instead of ${size}`)
    engines.scale(count).then(
      () => {
        failures = 0
      },
      (error: Error) => {
        failures += 1
        notBefore = clock.now() + 10 * backOffMs(failures, random)
        log('warn', `there are not as many engines as are needed: ${error.message}`)
      },
    )
  }
  look()
  return () => cancel()
}
