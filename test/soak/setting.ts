import { isDeepStrictEqual } from 'node:util'
import { type AsyncResult, Client, type EngineId, type LoadBalancedView, type YardmasterError } from 'yardmaster'
import type { Random } from '../../core/random.ts'
import type { ThreadMemory } from './memory.ts'

/** The name of the process engine that nobody kills. */
export const steadyEngine = 'steady'

/** What operations work with. */
export class Setting {
  readonly random: Random
  readonly clients: readonly Client[]
  readonly addresses: readonly string[]
  readonly key: string
  tasks = 0
  #lasting: readonly [EngineId, EngineId] = [-1, -1]

  constructor(clients: readonly Client[], addresses: readonly string[], key: string, random: Random) {
    this.clients = clients
    this.addresses = addresses
    this.key = key
    this.random = random
  }

  /** Resolves when they are there. */
  async findEngines(): Promise<void> {
    const [client] = this.clients as [Client]
    await new Promise<void>((resolve) => {
      const watch = client.engines$.subscribe((engines) => {
        const steady = engines.find(({ name }) => name === steadyEngine)
        const thread = engines.find(({ kind }) => kind === 'thread')
        if (!steady || !thread) return
        this.#lasting = [steady.id, thread.id]
        setImmediate(() => watch.unsubscribe())
        resolve()
      })
    })
  }

  /** The process engine that nobody kills. */
  get steady(): EngineId {
    return this.#lasting[0]
  }

  /** All that nobody kills. */
  get lasting(): readonly EngineId[] {
    return this.#lasting
  }

  get client(): Client {
    return this.clients[this.random.below(this.clients.length)] as Client
  }

  get view(): LoadBalancedView {
    return this.client.loadBalancedView()
  }

  /** A client that comes, and must be closed. */
  visitor(): Promise<Client> {
    return Client.connect(this.addresses[this.random.below(this.addresses.length)] as string, { key: this.key })
  }

  /** Of the thread in which the steady engine runs tasks. */
  async executorMemory(): Promise<ThreadMemory> {
    const measure = async (): Promise<ThreadMemory> => {
      const { setFlagsFromString } = await import('node:v8')
      const { runInNewContext } = await import('node:vm')
      // Engines are started without this flag.
      setFlagsFromString('--expose-gc')
      const collect: () => void = runInNewContext('gc')
      for (let round = 0; round < 3; round += 1) {
        collect()
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const { heapUsed, external } = process.memoryUsage()
      return { heap: heapUsed / 2 ** 20, external: external / 2 ** 20 }
    }
    const [client] = this.clients as [Client]
    return client.directView(this.steady).apply(measure)
  }
}

/** @throws where they are not alike */
export function same(actual: unknown, wanted: unknown, what: string): void {
  if (isDeepStrictEqual(actual, wanted)) return
  const [is, should] = [actual, wanted].map((value) => JSON.stringify(value)?.slice(0, 200))
  throw new Error(`${what} is ${is}, and should be ${should}`)
}

/** @throws where it ends in another way */
export async function failsWith(code: string, result: AsyncResult<unknown>): Promise<void> {
  const end = await result.get().then(
    () => 'value',
    (error: YardmasterError) => error.code,
  )
  if (end !== code) throw new Error(`it ended with ${end}, and should with ${code}`)
}

/** Whether an engine was killed that the operation needed. */
export function isExcused(error: unknown): boolean {
  const { code, errors } = error as YardmasterError & { errors?: readonly unknown[] }
  if (code === 'YM_COMPOSITE') return errors?.every(isExcused) === true
  return code === 'YM_ENGINE_LOST' || code === 'YM_NO_ENGINE'
}
