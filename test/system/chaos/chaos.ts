/** A cluster of real processes, tasks from clients in processes of their own, and harm to all of them. */
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'yardmaster'
import { seededRandom } from '../../../core/random.ts'
import { freePort } from '../../free-port.ts'
import { ClientProcess } from './client-process.ts'
import { ControllerProcess } from './controller-process.ts'
import { EngineSlot } from './engine-slot.ts'
import { type FaultCounts, Faults } from './faults.ts'
import { Story } from './story.ts'
import { Verdict } from './verdict.ts'
import { kindsCount } from './workload.ts'

/** Longer than any fault lasts. */
const stuckMs = 60_000
const engineCount = 4
/** Each of the two clients begins where the kinds of tasks do. */
export const tasksUnit = 2 * kindsCount
/** Tasks only sleep: in a minute each engine does the work of eight. */
const concurrency = 8

export interface ChaosOptions {
  readonly seed: number
  /** How many, a multiple of `tasksUnit`. */
  readonly tasks: number
  /** For the store, and what tasks write. */
  readonly folder: string
}

export interface ChaosReport {
  readonly problems: readonly string[]
  readonly faults: FaultCounts
  /** How many tasks ended with a value, or with the error of each code. */
  readonly ends: Readonly<Record<string, number>>
  /** How often a task ran; more than there are tasks that ran, by what was lost or failed. */
  readonly executions: number
  /** Replies that came to a client again, after its link was lost. */
  readonly repeats: number
  readonly seconds: number
  readonly story: string
}

/** Two engines and one client are linked by WebSocket, two and one by ZeroMQ. Resolves when nothing that it started is left. */
export async function chaos({ seed, tasks, folder }: ChaosOptions): Promise<ChaosReport> {
  const random = seededRandom(seed)
  const story = new Story()
  const secret = new Uint8Array(randomBytes(32))
  const key = Buffer.from(secret).toString('base64url')
  const log = join(folder, 'log')
  await writeFile(log, '')
  const ports = random.substream('ports')
  const addresses = [`ws://127.0.0.1:${await freePort(ports)}`, `tcp://127.0.0.1:${await freePort(ports)}`] as const
  const controller = new ControllerProcess({ addresses, key, store: join(folder, 'store') })
  const since = performance.now()
  const verdict = new Verdict(tasks)
  const clients: ClientProcess[] = []
  const predecessors = new Map<ClientProcess, ClientProcess>()
  const engines: EngineSlot[] = []
  let faults: Faults | undefined
  try {
    await controller.start()
    for (let place = 0; place < engineCount; place += 1) {
      const address = addresses[place % 2] as string
      engines.push(new EngineSlot({ name: `engine ${place} at ${address}`, address, key: secret, concurrency, story }))
    }
    for (const [index, address] of addresses.entries()) {
      clients.push(new ClientProcess({ address, key, log, from: (index * tasks) / 2, to: ((index + 1) * tasks) / 2 }))
    }
    const ended = () => clients.reduce((sum, { endings }) => sum + endings.length, 0)
    faults = new Faults(
      random,
      {
        ...{ engines, controller, clients },
        share: () => ended() / tasks,
        succeed: (client) => {
          const heir = new ClientProcess({ ...client.order, inherits: client.session })
          predecessors.set(heir, client)
          return heir
        },
      },
      story,
    )
    const why = await untilDone(clients, ended)
    await faults.end()
    if (why) {
      verdict.problems.push(why)
      for (const line of [...(await openTasks(addresses[0], key)), ...controller.log]) story.tell(line)
    }
    story.tell('the clients have ended; kill -9 the controller once more')
    await controller.kill()
    await controller.start()
    for (const client of [...predecessors.values(), ...clients]) verdict.hearClient(client)
    for (const [heir, killed] of predecessors) verdict.compareHeirs(killed, heir)
    await verdict.askController(addresses[0], key)
  } finally {
    await Promise.all([...engines.map((engine) => engine.end()), ...clients.map((client) => client.kill())])
    await faults?.end().catch(() => {})
    await controller.kill()
  }
  return {
    problems: verdict.problems,
    faults: faults.counts,
    executions: await verdict.readLog(log),
    ends: verdict.ends,
    repeats: clients.reduce((sum, { replies }) => sum + (replies?.repeats ?? 0), 0),
    seconds: (performance.now() - since) / 1_000,
    story: story.toString(),
  }
}

/** Resolves when all clients have what they want, or with why they never will. */
async function untilDone(clients: readonly ClientProcess[], ended: () => number): Promise<string | undefined> {
  let last = -1
  let changedAt = performance.now()
  while (!clients.every(({ replies }) => replies)) {
    const now = ended()
    if (now !== last) changedAt = performance.now()
    last = now
    const failure = clients.find(({ failure }) => failure)?.failure
    if (failure) return failure
    if (performance.now() - changedAt > stuckMs) return `no task has ended for ${stuckMs} ms`
    await sleep(50)
  }
  return undefined
}

/** What the controller says of tasks that have not ended. */
async function openTasks(address: string, key: string): Promise<string[]> {
  await using client = await Client.connect(address, { key })
  const tasks = await client.query({ client: 'any', state: ['waiting', 'ready', 'assigned', 'running'], limit: 100 })
  return tasks.map(({ id, label, state, engineId }) => `task ${label} (${id}) is ${state} at engine ${engineId}`)
}
