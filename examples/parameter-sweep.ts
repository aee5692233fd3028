/**
 * A sweep over the penalties of a ridge regression, for several sets of data. Each set is loaded on one engine, its fits follow it there,
 * and when they have ended, well or not, it is let go.
 * Run: `npx tsx examples/parameter-sweep.ts [--transport zeromq|websocket]`, after `npm run build`.
 */
import { type AsyncResult, type Client, Dependency } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'
import { onACluster } from './on-a-cluster.ts'

export interface Fit {
  readonly set: string
  readonly penalty: number
  readonly slope: number
  /** The mean square error on the points that were held back. */
  readonly error: number
}

interface Data {
  readonly xs: readonly number[]
  readonly ys: readonly number[]
}

export const sets = ['calm', 'noisy', 'steep']
/** No fit has a negative one: those fail, and the sweep goes on. */
export const penalties = [-1, 0, 0.1, 1, 10, 100]

/** Points along a line, off by what looks random and is the same at each call. */
function makeData(set: string): Data {
  const slope = set === 'steep' ? 9 : 2
  const noise = set === 'noisy' ? 20 : 1
  const xs = Array.from({ length: 500 }, (_, i) => i / 50)
  return { xs, ys: xs.map((x, i) => slope * x + noise * Math.sin(i * i)) }
}

/** Every other point is held back to judge the fit. */
function fitRidge(set: string, { xs, ys }: Data, penalty: number): Fit {
  if (penalty < 0) throw new RangeError(`the penalty must not be negative, and is ${penalty}`)
  const sum = (of: (x: number, y: number) => number, first: number) =>
    xs.reduce((total, x, i) => (i % 2 === first ? total + of(x, ys[i] as number) : total), 0)
  const slope = sum((x, y) => x * y, 0) / (sum((x) => x * x, 0) + penalty)
  const error = sum((x, y) => (y - slope * x) ** 2, 1) / (xs.length / 2)
  return { set, penalty, slope, error }
}

/** Where the data of a set lie on the engine that loaded it. */
const shelf = () => currentTask().namespace as Record<string, Data>

/** The best fit of each set. */
export async function swept(client: Client): Promise<Fit[]> {
  const lview = client.loadBalancedView()
  const ofEachSet = sets.map((set, i) => {
    const loaded = lview.with({ label: `load ${set}` }).apply((set: string) => {
      shelf()[set] = makeData(set)
    }, set)
    // What is asked of the first set goes before what is asked of the others.
    const there = lview.with({ after: loaded, follow: loaded, label: `fit ${set}`, priority: sets.length - i })
    const fits = penalties.map((penalty) =>
      there.apply((set: string, penalty: number) => fitRidge(set, shelf()[set] as Data, penalty), set, penalty),
    )
    const ended = new Dependency(fits, { success: true, failure: true })
    const cleared = there.with({ after: ended, label: `clear ${set}` }).apply((set: string) => delete shelf()[set], set)
    return { fits, cleared }
  })
  await Promise.all(ofEachSet.map(({ cleared }) => cleared))
  return Promise.all(ofEachSet.map(async ({ fits }) => best(await succeeded(fits))))
}

async function succeeded<T>(results: readonly AsyncResult<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(results)
  return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

const best = (fits: readonly Fit[]): Fit => fits.reduce((one, other) => (other.error < one.error ? other : one))

export function sweptSerially(): Fit[] {
  return sets.map((set) =>
    best(penalties.filter((penalty) => penalty >= 0).map((penalty) => fitRidge(set, makeData(set), penalty))),
  )
}

if (process.argv[1] === import.meta.filename) {
  await onACluster(async (client) => console.table(await swept(client)))
}
