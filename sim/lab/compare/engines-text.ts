import { ConfigurationError } from '../../../core/errors.ts'
import { type EngineSpec, engines } from '../engine-spec.ts'
import { bytesOf, bytesPattern, bytesText, byteUnits } from './bytes-text.ts'

const pattern = new RegExp(`^([1-9]\\d*)(?:x([1-9]\\d*))?(?:@(\\d+(?:\\.\\d+)?|\\.\\d+))?(?::(${bytesPattern}))?$`)

/**
 * Engines as they are written: `8` (engines of one core), `8x4` (of four cores), `8x4@1.5` (that are half as fast again), `8x4:32GiB` (with
 * so much memory), and kinds of them joined by `+`.
 * @throws ConfigurationError for what is not written so
 */
export function enginesOf(text: string): readonly EngineSpec[] {
  return text.split('+').flatMap((kind) => {
    const [, count, cores = '1', speed = '1', memory] = pattern.exec(kind) ?? []
    if (count === undefined || !(Number(speed) > 0)) {
      throw new ConfigurationError(
        `engines '${text}': '${kind}' must be COUNT, COUNTxCORES, COUNTxCORES@SPEED or COUNTxCORES@SPEED:MEMORY, as in 8, 8x4, 4x8+4x8@1.5 or 8x4:32GiB; units are ${byteUnits}`,
      )
    }
    const memoryBytes = memory === undefined ? {} : { memoryBytes: bytesOf(memory) }
    return engines(Number(count), { cores: Number(cores), speed: Number(speed), ...memoryBytes })
  })
}

export function enginesText(specs: readonly EngineSpec[]): string {
  const kinds: { readonly text: string; count: number }[] = []
  for (const { cores = 1, speed = 1, memoryBytes = Infinity } of specs) {
    const size = `${cores === 1 && speed === 1 ? '' : `x${cores}`}${speed === 1 ? '' : `@${speed}`}`
    const text = memoryBytes === Infinity ? size : `${size}:${bytesText(memoryBytes)}`
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
