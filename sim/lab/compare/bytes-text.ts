const units: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
}

/** What stands for bytes in a pattern: a number, and a unit or none. */
export const bytesPattern = '\\d+(?:\\.\\d+)?(?:[kMG]?B|[KMG]iB)?'

export const byteUnits = Object.keys(units).join(', ')

/** Of what is written after `bytesPattern`. */
export function bytesOf(text: string): number {
  const [, number, unit = 'B'] = /^([\d.]+)(\w*)$/.exec(text) ?? []
  return Number(number) * (units[unit || 'B'] as number)
}

/** In the largest unit that leaves a whole number. */
export function bytesText(bytes: number): string {
  const [unit, size] = Object.entries(units)
    .sort(([, a], [, b]) => b - a)
    .find(([, size]) => Number.isInteger(bytes / size)) ?? ['B', 1]
  return `${bytes / size}${unit}`
}
