import { Worker } from 'node:worker_threads'
import type { Case } from './cases.ts'

export interface Answer {
  readonly name?: string
  readonly value?: unknown
  readonly error?: { name: string; message: string; stack: string; code?: string }
}

export interface Outcome {
  /** What the function answered here, and on the engine; texts, so that they can be compared anywhere. */
  readonly local: string
  readonly remote: string
  readonly names: readonly [string, string]
  readonly hash: string
  readonly sameAgain: boolean
}

interface Shipped {
  readonly hash: string
  readonly payload: { readonly frames: readonly Uint8Array[] }
}

export type Ship = (fn: never) => Shipped

export class Engine {
  readonly #worker: Worker
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #next = 0

  /** `root` is the package's; the engine always runs what is in its `dist/`. */
  constructor(root: string, program: URL) {
    this.#worker = new Worker(program, {
      workerData: {
        reviveUrl: new URL('dist/cluster/executors/revive.js', root).href,
        payloadUrl: new URL('dist/core/payload.js', root).href,
      },
      execArgv: [],
    })
    this.#worker.on('message', ({ id, ...answer }: Answer & { id: number }) => this.#waiting.get(id)?.(answer))
  }

  run(shipped: Shipped, args: readonly unknown[] = []): Promise<Answer> {
    const id = this.#next
    this.#next += 1
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#worker.postMessage({ id, frames: shipped.payload.frames, args })
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}

export async function runCase({ fn, args = [] }: Case, ship: Ship, engine: Engine): Promise<Outcome> {
  // Shipped before it runs here: a run may change what it captures.
  const shipped = ship(fn as never)
  const sameAgain = ship(fn as never).hash === shipped.hash
  const remote = await engine.run(shipped, args)
  const local = await settle((fn as (...args: readonly unknown[]) => unknown)(...args))
  return {
    local: shown(local),
    remote: remote.error ? remote.error.stack : shown(remote.value),
    names: [fn.name, remote.name ?? ''],
    hash: shipped.hash,
    sameAgain,
  }
}

async function settle(result: unknown): Promise<unknown> {
  const value = await result
  if (typeof value === 'function') return settle((value as () => unknown)())
  if (!isGenerator(value)) return value
  const all: unknown[] = []
  for await (const part of value) all.push(part)
  return all
}

function isGenerator(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && 'next' in value
}

function shown(value: unknown): string {
  return (
    JSON.stringify(value, (_key, part: unknown) => {
      if (part instanceof Map || part instanceof Set) return [part.constructor.name, ...part]
      return typeof part === 'bigint' ? `${part}n` : part
    }) ?? 'undefined'
  )
}
