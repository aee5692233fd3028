import { ConfigurationError } from '../../../core/errors.ts'
import type { Random } from '../../../core/random.ts'

/** One task of a graph: how many objects it makes, and which it needs. */
export interface GraphTask {
  readonly outputs: number
  /** Output `k` of task `t` as `[t, k]`. */
  readonly inputs: readonly (readonly [task: number, output: number])[]
}

/** Which tasks a graph has, and what they hand to each other. */
export interface GraphShape {
  /** In an order in which each task comes after all that it needs. */
  draw(random: Random): readonly GraphTask[]
}

/**
 * Each pair of tasks is linked with this probability, from the one with the smaller number to the other: G(n, p), with directions.
 * Pairs are skipped by geometric draws, so that it costs as much as there are links.
 * Source: Batagelj, Brandes, Efficient generation of large random networks, Physical Review E 71, 2005.
 */
export function randomGraph(options: { readonly tasks: number; readonly probability: number }): GraphShape {
  const { tasks, probability } = options
  checkCounts({ tasks })
  checkProbability(probability)
  checkSize(tasks, (probability * tasks * (tasks - 1)) / 2)
  return {
    draw(random) {
      const before = Array.from({ length: tasks }, (): number[] => [])
      const skipLog = Math.log1p(-probability)
      let [from, to] = [-1, 1]
      while (to < tasks && probability > 0) {
        from += 1 + Math.floor(Math.log(1 - random.unit()) / skipLog)
        while (from >= to && to < tasks) {
          from -= to
          to += 1
        }
        if (to < tasks) before[to]?.push(from)
      }
      return before.map((others) => after(others))
    },
  }
}

/**
 * Layers of equal width. Each task needs each one of the layer before with this probability, and at least one of them, drawn
 * where none was.
 */
export function layered(options: {
  readonly layers: number
  readonly width: number
  readonly probability: number
}): GraphShape {
  const { layers, width, probability } = options
  checkCounts({ layers, width })
  checkProbability(probability)
  checkSize(layers * width, layers * width * Math.max(1, width * probability))
  return {
    draw: (random) =>
      Array.from({ length: layers * width }, (_, task) => {
        const layer = Math.floor(task / width)
        if (layer === 0) return after([])
        const first = (layer - 1) * width
        const others = count(width)
          .map((place) => first + place)
          .filter(() => random.unit() < probability)
        return after(others.length > 0 ? others : [first + random.below(width)])
      }),
  }
}

/** A task, then `width` that need it, then one that needs them all, which is also the first of the next stage; and so on. */
export function forkJoin(options: { readonly stages: number; readonly width: number }): GraphShape {
  const { stages, width } = options
  checkCounts({ stages, width })
  const size = 1 + stages * (width + 1)
  checkSize(size, 2 * stages * width)
  return {
    draw: () =>
      count(size).map((task) => {
        if (task === 0) return after([])
        const place = (task - 1) % (width + 1)
        return place < width ? after([task - 1 - place]) : after(count(width).map((other) => task - width + other))
      }),
  }
}

/** Each of the `maps` makes an object for each of the `reduces`, which need one of every map. */
export function mapReduce(options: { readonly maps: number; readonly reduces: number }): GraphShape {
  const { maps, reduces } = options
  checkCounts({ maps, reduces })
  checkSize(maps + reduces, maps * reduces)
  return {
    draw: () => [
      ...count(maps).map((): GraphTask => ({ outputs: reduces, inputs: [] })),
      ...count(reduces).map((reduce): GraphTask => ({ outputs: 1, inputs: count(maps).map((map) => [map, reduce]) })),
    ],
  }
}

/** `width` cells in a row, over and over: each step of a cell needs the step before of itself and of its neighbours. */
export function stencil(options: { readonly width: number; readonly steps: number }): GraphShape {
  const { width, steps } = options
  checkCounts({ width, steps })
  checkSize(width * steps, 3 * width * steps)
  return {
    draw: () =>
      count(width * steps).map((task) => {
        if (task < width) return after([])
        const cell = task % width
        const near = [cell - 1, cell, cell + 1].filter((other) => other >= 0 && other < width)
        return after(near.map((other) => task - width - cell + other))
      }),
  }
}

/** `out`: a root, and each task needed by `arity` others, level by level. `in`: the same with its arrows turned, as in a reduction. */
export function tree(options: {
  readonly levels: number
  readonly arity: number
  readonly direction?: 'out' | 'in'
}): GraphShape {
  const { levels, arity, direction = 'out' } = options
  checkCounts({ levels, arity })
  const size = arity === 1 ? levels : (arity ** levels - 1) / (arity - 1)
  checkSize(size, size)
  if (direction === 'out') {
    return { draw: () => count(size).map((task) => after(task === 0 ? [] : [Math.floor((task - 1) / arity)])) }
  }
  if (direction !== 'in') throw new ConfigurationError(`direction must be 'out' or 'in', not '${direction}'`)
  return {
    draw: () =>
      count(size).map((task) => {
        const mirrored = size - 1 - task
        const leaves = count(arity).map((child) => arity * mirrored + 1 + child)
        return after(leaves.flatMap((leaf) => (leaf < size ? [size - 1 - leaf] : [])).sort((a, b) => a - b))
      }),
  }
}

/** It makes one object, for whoever needs it, and needs those of these tasks. */
function after(others: readonly number[]): GraphTask {
  return { outputs: 1, inputs: others.map((other) => [other, 0]) }
}

function count(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i)
}

function checkCounts(counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isInteger(value) && value >= 1) continue
    throw new ConfigurationError(`${name} must be a whole number from 1 on, not ${value}`)
  }
}

function checkProbability(probability: number): void {
  if (probability >= 0 && probability <= 1) return
  throw new ConfigurationError(`probability must be a number from 0 to 1, not ${probability}`)
}

const sizeMax = 2 ** 24

function checkSize(tasks: number, links: number): void {
  if (tasks <= sizeMax && links <= sizeMax) return
  const what = tasks > sizeMax ? `${tasks} tasks` : `about ${Math.round(links)} dependencies`
  throw new ConfigurationError(`a graph has at most ${sizeMax} tasks and as many dependencies, not ${what}`)
}
