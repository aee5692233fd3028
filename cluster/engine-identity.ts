import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'

/** Where an engine runs, as it says of itself. */
export function placeOfEngine(): { readonly pid: number; readonly host: string } {
  return { pid: process.pid, host: hostname() }
}

/** A name that no engine had before. */
export function newInstance(): string {
  return randomUUID()
}
