/** A user's own module: what cases import from it must become imports on the engine. */
export const base: number = 40
export let visits = 0

export function visit(): number {
  visits += 1
  return visits
}

export function scale(x: number, y: number): number {
  return x * y + base
}

export default function twice(x: number): number {
  return x * 2
}

export class Ruler {
  readonly unit: string
  constructor(unit: string) {
    this.unit = unit
  }
  measure(n: number): string {
    return `${n} ${this.unit}`
  }
}

export async function* countTo(n: number): AsyncGenerator<number> {
  for (let i = 1; i <= n; i += 1) yield i
}

export const notFunction = { a: 1 }
