/** Clients in a process of their own, which keep a cluster busy with operations of all kinds, and check what comes of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'yardmaster'
import { seededRandom } from '../../core/random.ts'
import { answer, orderOf } from './answering.ts'
import { fill } from './fill.ts'
import { memoryNow } from './memory.ts'
import type { LoadOrder, LoadReport } from './messages.ts'
import { operations } from './operations.ts'
import { isExcused, Setting } from './setting.ts'

const underWayMax = 12
const problemsMax = 20

const { addresses, key, rate, seed } = await orderOf<LoadOrder>()
const random = seededRandom(seed)
const connect = (address: string) => Client.connect(address, { key })
const clients = await Promise.all(addresses.map(connect))
const setting = new Setting(clients, addresses, key, random)
await setting.findEngines()
await fill(setting)

let isResting = true
let underWay = 0
let excused = 0
const counts: Record<string, number> = {}
const problems: string[] = []

const weights = Object.entries(operations).flatMap(([name, { weight }]) => Array<string>(weight).fill(name))

async function perform(name: string): Promise<void> {
  underWay += 1
  try {
    await operations[name]?.run(setting)
    counts[name] = (counts[name] ?? 0) + 1
  } catch (error) {
    if (isExcused(error)) excused += 1
    else if (problems.length < problemsMax) {
      problems.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : error}`)
    }
  } finally {
    underWay -= 1
  }
}

async function keepBusy(): Promise<never> {
  for (;;) {
    await sleep((2_000 * random.unit()) / rate)
    if (!isResting && underWay < underWayMax) void perform(weights[random.below(weights.length)] as string)
  }
}

async function report(): Promise<LoadReport> {
  isResting = true
  while (underWay > 0) await sleep(5)
  const executor = await setting.executorMemory()
  return { executor, client: await memoryNow(), tasks: setting.tasks, operations: counts, excused, problems }
}

answer(async (question) => {
  if (question === 'memory') return report()
  isResting = false
  return undefined
})
await keepBusy()
