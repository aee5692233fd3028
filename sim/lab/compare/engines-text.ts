import { ConfigurationError } from '../../../core/errors.ts'
import { type EngineSpec, engines } from '../engine-spec.ts'

/**
 * Engines as they are written: `8` (engines of one core), `8x4` (of four cores), `8x4@1.5` (that are half as fast again), and kinds of them
 * joined by `+`.
 * @throws ConfigurationError for what is not written so
 */
export function enginesOf(text: string): readonly EngineSpec[] {
  return text.split('+').flatMap((kind) => {
    const [, count, cores = '1', speed = '1'] =
      /^([1-9]\d*)(?:x([1-9]\d*))?(?:@(\d+(?:\.\d+)?|\.\d+))?$/.exec(kind) ?? []
    if (count === undefined || !(Number(speed) > 0)) {
      throw new ConfigurationError(
        `engines '${text}': '${kind}' must be COUNT, COUNTxCORES or COUNTxCORES@SPEED, as in 8, 8x4 or 4x8+4x8@1.5`,
      )
    }
    return engines(Number(count), { cores: Number(cores), speed: Number(speed) })
  })
}

export function enginesText(specs: readonly EngineSpec[]): string {
  const kinds: { readonly text: string; count: number }[] = []
  for (const { cores = 1, speed = 1 } of specs) {
    const text = `${cores === 1 && speed === 1 ? '' : `x${cores}`}${speed === 1 ? '' : `@${speed}`}`
    const last = kinds.at(-1)
    if (last?.text === text) last.count += 1
    else kinds.push({ text, count: 1 })
  }
  return kinds.map(({ text, count }) => `${count}${text}`).join('+')
}

/** What all of them can do in a time, in that of one core of speed 1. */
export function powerOf(specs: readonly EngineSpec[]): number {
  return specs.reduce((sum, { cores = 1, speed = 1 }) => sum + cores * speed, 0)
}
