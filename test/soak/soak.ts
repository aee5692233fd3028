/** A cluster under mixed load for some time, whose memory must not grow. Processes of its own for the controller, the clients and engines. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../core/random.ts'
import { freePort } from '../free-port.ts'
import { EngineSlot } from '../system/chaos/engine-slot.ts'
import { Story } from '../system/chaos/story.ts'
import type { Memory, ThreadMemory } from './memory.ts'
import type { Answer, ControllerOrder, EngineOrder, LoadOrder, LoadReport, Question } from './messages.ts'

export interface SoakOptions {
  readonly seconds: number
  readonly seed: number
  /** How many operations begin in a second. */
  readonly rate: number
  /** From one look at the memory to the next. */
  readonly sampleSeconds: number
  readonly folder: string
  onSample?(sample: Sample): void
}

/** One look at the memory, when nothing is under way. */
export interface Sample {
  /** Seconds since the load began. */
  readonly at: number
  readonly memory: Readonly<Record<'controller' | 'client' | 'engine', Memory>> & { readonly executor: ThreadMemory }
  readonly tasks: number
}

export interface SoakReport {
  readonly samples: readonly Sample[]
  readonly load: Omit<LoadReport, 'client' | 'executor'>
  readonly engineKills: number
  /** Of these processes together, from the first look to the last: the share of one core. */
  readonly cpuShare: number
}

const programs = {
  controller: fileURLToPath(new URL('controller-main.ts', import.meta.url)),
  engine: fileURLToPath(new URL('engine-main.ts', import.meta.url)),
  load: fileURLToPath(new URL('load-main.ts', import.meta.url)),
}

/** From one kill of an engine to the next. */
const killEveryMs = 15_000

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seed, rate, seconds, sampleSeconds, folder } = options
  const random = seededRandom(seed)
  const secret = new Uint8Array(randomBytes(32))
  const key = Buffer.from(secret).toString('base64url')
  const addresses = [`ws://127.0.0.1:${await freePort(random)}`, `tcp://127.0.0.1:${await freePort(random)}`] as const
  const [, tcp] = addresses
  const story = new Story()
  const controller = new Process<Memory>(programs.controller)
  const engine = new Process<Memory>(programs.engine)
  const load = new Process<LoadReport>(programs.load)
  const engines: EngineSlot[] = []
  let isOver = false
  let engineKills = 0
  async function killEngines(): Promise<void> {
    for (let next = killEveryMs; !isOver; next -= 100) {
      await sleep(100)
      if (next > 0 || isOver) continue
      next = killEveryMs
      engines[engineKills % engines.length]?.kill()
      engineKills += 1
    }
  }
  try {
    await controller.start({ addresses, key, store: join(folder, 'store') } satisfies ControllerOrder)
    await engine.start({ address: tcp, key } satisfies EngineOrder)
    for (const address of addresses) {
      engines.push(new EngineSlot({ name: `engine at ${address}`, address, key: secret, concurrency: 1, story }))
    }
    await load.start({ addresses, key, seed, rate } satisfies LoadOrder)
    const killing = killEngines()
    const samples: Sample[] = []
    const since = performance.now()
    const elapsed = () => (performance.now() - since) / 1_000
    let first: { at: number; cpu: number } | undefined
    for (;;) {
      const loaded = await load.ask('memory')
      const controlled = await controller.ask('memory')
      const linked = await engine.ask('memory')
      const { client, executor, ...rest } = loaded.value
      const memory = { controller: controlled.value, client, engine: linked.value, executor }
      const sample = { at: elapsed(), memory, tasks: rest.tasks }
      samples.push(sample)
      options.onSample?.(sample)
      const cpu = loaded.cpuSeconds + controlled.cpuSeconds + linked.cpuSeconds
      first ??= { at: elapsed(), cpu }
      if (elapsed() >= seconds) {
        isOver = true
        await killing
        return { samples, load: rest, engineKills, cpuShare: (cpu - first.cpu) / (elapsed() - first.at) }
      }
      load.tell('go')
      await sleep(sampleSeconds * 1_000)
    }
  } finally {
    isOver = true
    await Promise.all([...engines, engine, load].map((one) => one.end()))
    await controller.end()
  }
}

/**
 * Large buffers that were freed go back to the system at once. Otherwise glibc raises its threshold with each large one, keeps what was
 * freed in pieces, and the size of a process says how scattered they are.
 */
const promptAllocator = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' }

/** A program of this folder, which answers questions. */
class Process<Value> {
  readonly #child: ChildProcess
  readonly #ended: Promise<never>

  constructor(program: string) {
    this.#child = fork(program, {
      execArgv: ['--expose-gc', '--import', 'tsx'],
      env: { ...process.env, ...promptAllocator },
    })
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => {
      throw new Error(`${program} ended with ${code ?? signal}`)
    })
    this.#ended.catch(() => {})
  }

  async start(order: ControllerOrder | EngineOrder | LoadOrder): Promise<void> {
    this.#child.send(order)
    await this.#hear()
  }

  tell(question: Question): void {
    this.#child.send(question)
  }

  async ask(question: Question): Promise<Answer<Value>> {
    this.tell(question)
    return (await this.#hear()) as Answer<Value>
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended.catch(() => {})
  }

  /** Rejects where the process ends, or says nothing for a long time. */
  async #hear(): Promise<unknown> {
    const [message] = await Promise.race([
      once(this.#child, 'message', { signal: AbortSignal.timeout(400_000) }),
      this.#ended,
    ])
    return message
  }
}
