import { taskNow } from '../task-context.ts'
import type { OutputStream, OutputTaker } from './capture-output.ts'

export type { OutputStream, OutputTaker } from './capture-output.ts'

const streams = { log: 'stdout', info: 'stdout', debug: 'stdout', warn: 'stderr', error: 'stderr' } as const
const takers = new Set<OutputTaker>()
let undo: (() => void)[] = []

/** From here on, until the answer is called, what tasks say by `console` goes to `taker`; of others, where it went before. */
export function captureOutput(taker: OutputTaker): () => void {
  takers.add(taker)
  if (takers.size === 1)
    undo = Object.entries(streams).map(([name, stream]) => divert(name as keyof typeof streams, stream))
  return () => {
    takers.delete(taker)
    if (takers.size === 0) for (const restore of undo.splice(0)) restore()
  }
}

function divert(name: keyof typeof streams, stream: OutputStream): () => void {
  const original = console[name]
  console[name] = (...values: unknown[]) => {
    if (!isTaken(stream, `${values.map(shown).join(' ')}\n`)) original(...values)
  }
  return () => {
    console[name] = original
  }
}

function isTaken(stream: OutputStream, text: string): boolean {
  const task = taskNow()
  if (task === undefined) return false
  for (const taker of takers) if (taker.take(task, stream, text)) return true
  return false
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return value.stack ?? String(value)
  try {
    return (typeof value === 'object' ? JSON.stringify(value) : undefined) ?? String(value)
  } catch {
    return String(value)
  }
}
