import { startController } from '../../../cluster/controller.ts'
import { startEngine } from '../../../cluster/engine.ts'
import { inlineExecutor } from '../../../cluster/executors/inline.ts'
import type { TaskId } from '../../../core/ids.ts'
import { seededRandom } from '../../../core/random.ts'
import { resolveStrategy } from '../../../scheduler/strategies/named.ts'
import type {
  Estimates,
  Strategy,
  StrategyContextWithEstimates,
  StrategyLike,
  StrategyRun,
} from '../../../scheduler/strategies/strategy.ts'
import type { Workload } from '../../../sim/lab/workload.ts'
import { SimulatedProcess } from '../../../sim/simulated-process.ts'
import { Timeline } from '../../../sim/timeline.ts'
import { virtualGlobals } from '../../../sim/virtual-globals.ts'
import { registerTransport } from '../../../transports/connect.ts'
import { memoryTransport } from '../../../transports/memory.ts'
import { Client } from '../../../views/client.ts'

export interface LiveSettings {
  readonly engines: number
  /** Tasks in progress together on one engine. Default 1. */
  readonly concurrency?: number
  readonly strategy: StrategyLike
  readonly hwm: number
  readonly seed: number
  /** What strategies that ask for estimates are told of durations. */
  readonly information: 'blind' | 'exact'
}

/** By task, as `simulateWorkload` has it. */
export interface LiveRun {
  readonly startMs: Float64Array
  readonly endMs: Float64Array
}

/** Told by the strategy of each assignment, in order. */
export type Decided = (task: TaskId, engine: number) => void

interface Shared {
  hold(task: number): Promise<void>
}

const key = new Uint8Array(32).fill(7)
const longestMs = 10_000_000

/** The task's function, which travels to its engine as any: it takes its time on the virtual clock, to the last bit. */
async function hold(task: number): Promise<void> {
  const { hold } = Reflect.get(globalThis, 'yardmasterLab') as Shared
  await hold(task)
}

/**
 * The workload on a live cluster: the real controller, engines and client over the memory transport, in one thread under virtual time.
 * Deliveries take no time, and come in order after what else is due at their instant.
 */
export async function runLive(workload: Workload, settings: LiveSettings, decided: Decided): Promise<LiveRun> {
  const { size, durationMs } = workload
  const timeline = new Timeline()
  const process = new SimulatedProcess('all', timeline)
  const startMs = new Float64Array(size).fill(Number.NaN)
  const endMs = new Float64Array(size).fill(Number.NaN)
  const after = (ms: number) => new Promise<void>((resolve) => timeline.after(ms, process, resolve))
  const shared: Shared = {
    async hold(task) {
      startMs[task] = timeline.now
      await after(durationMs[task] as number)
      endMs[task] = timeline.now
    },
  }
  const restore = virtualGlobals(timeline, seededRandom('globals'))
  registerTransport({
    ...memoryTransport({ schedule: (delivery) => timeline.after(0, process, delivery) }),
    schemes: ['lab'],
  })
  Reflect.set(globalThis, 'yardmasterLab', shared)
  try {
    let isOver = false
    let failure: unknown
    timeline.after(0, process, () => {
      submitAll(workload, settings, process, after, decided).then(
        () => {
          isOver = true
        },
        (error: unknown) => {
          failure = error
          isOver = true
        },
      )
    })
    const ended = await timeline.run(longestMs, () => isOver)
    if (failure !== undefined) throw failure
    if (!ended) throw new Error(`the live run has not ended after ${longestMs} ms`)
    return { startMs, endMs }
  } finally {
    process.kill()
    restore()
  }
}

async function submitAll(
  workload: Workload,
  { engines, concurrency = 1, strategy, hwm, seed, information }: LiveSettings,
  { clock }: SimulatedProcess,
  after: (ms: number) => Promise<void>,
  decided: Decided,
): Promise<void> {
  const address = 'lab:controller'
  const { arrivalMs, durationMs } = workload
  const estimates: Estimates = {
    durationMs: (task) => (information === 'exact' ? durationMs[Number(task.label)] : undefined),
    inputs: () => [],
    bytesPerSecond: Number.POSITIVE_INFINITY,
  }
  const scheduling = { hwm, seed, estimates, strategy: noted(strategy, decided) }
  await startController({ addresses: [address], key, clock, ...scheduling })
  for (let engine = 0; engine < engines; engine += 1) {
    await startEngine({ address, key, clock, executors: inlineExecutor, concurrency, random: seededRandom(engine) })
  }
  const client = await Client.connect(address, { key, clock, random: seededRandom('client') })
  await client.waitForEngines(engines)
  if (clock.now() !== 0) throw new Error(`the cluster began at ${clock.now()} ms: times would be those of another day`)
  const view = client.loadBalancedView()
  const order = Array.from(arrivalMs, (_, task) => task).sort(
    (a, b) => (arrivalMs[a] as number) - (arrivalMs[b] as number) || a - b,
  )
  const ids: TaskId[] = []
  const results: PromiseLike<void>[] = []
  for (const task of order) {
    const at = arrivalMs[task] as number
    if (at > clock.now()) {
      await after(at - clock.now())
      // What ends at this instant has ended before, as in the simulator.
      await after(0)
    }
    const result = view
      .with({ label: String(task), after: tasksBefore(workload, task).map((other) => ids[other] as TaskId) })
      .apply(hold, task)
    ids[task] = result.ids[0] as TaskId
    results.push(result)
  }
  await Promise.all(results)
}

/** The tasks that make what this one consumes. */
function tasksBefore({ data }: Workload, task: number): number[] {
  if (data === undefined) return []
  const objects = data.inputs.subarray(data.firstInput[task], data.firstInput[task + 1])
  return [...new Set([...objects].map((object) => data.producer[object] as number))]
}

/** The strategy under its own name, with somebody who listens to what it assigns. */
export function noted(like: StrategyLike, decided: Decided): Strategy {
  const strategy = resolveStrategy(like)
  const listen = <Run extends StrategyRun<never>>(run: Run): Run =>
    new Proxy(run, {
      get(target, hook) {
        if (hook !== 'taskAssigned') return Reflect.get(target, hook)
        const told: StrategyRun['taskAssigned'] = (task, engine) => {
          decided(task.id, engine.id)
          target.taskAssigned?.(task, engine)
        }
        return told
      },
    })
  switch (strategy.information) {
    case undefined:
      return { ...strategy, start: (context) => listen(strategy.start(context)) }
    case 'durations':
      return { ...strategy, start: (context) => listen(strategy.start(context)) }
    case 'estimates':
      return { ...strategy, start: (context: StrategyContextWithEstimates) => listen(strategy.start(context)) }
  }
}
