/**
 * Heat in a plate: each point becomes the mean of its four neighbours, again and again. Every engine holds a block of
 * rows; before each step it is given the rows that border on its own (the halo), which its neighbours have computed.
 * Run: `npx tsx examples/stencil.ts [rows] [columns] [steps] [picture.svg] [--transport zeromq|websocket]`, after `npm run build`.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Client } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'
import { onACluster } from './on-a-cluster.ts'
import { writePicture } from './picture.ts'

type Row = Float64Array

/** Cold but for its upper edge, where it is hottest in the middle. The edges stay as they are. */
export function plate(rows: number, columns: number): Row[] {
  return Array.from({ length: rows }, (_, row) =>
    Float64Array.from({ length: columns }, (_, column) =>
      row === 0 ? 100 * Math.sin((Math.PI * column) / columns) : 0,
    ),
  )
}

/** The rows one step later. Without a row `above` or `below` the outermost one is an edge of the plate. */
export function relaxed(rows: readonly Row[], above: Row | undefined, below: Row | undefined): Row[] {
  return rows.map((row, i) => {
    const upper = rows[i - 1] ?? above
    const lower = rows[i + 1] ?? below
    if (!upper || !lower) return row
    return row.map((value, j) => {
      const [left, right] = [row[j - 1], row[j + 1]]
      if (left === undefined || right === undefined) return value
      return ((upper[j] as number) + (lower[j] as number) + left + right) / 4
    })
  })
}

export function simulatedSerially(start: readonly Row[], steps: number): readonly Row[] {
  let rows = start
  for (let step = 0; step < steps; step += 1) rows = relaxed(rows, undefined, undefined)
  return rows
}

/** What an engine's neighbours need of it. */
interface Border {
  readonly first: Row
  readonly last: Row
}

/** What an engine holds. */
type Block = { rows: Row[]; above: Row | undefined; below: Row | undefined }

function borderHere(): Border {
  const { rows } = currentTask().namespace as Block
  return { first: rows[0] as Row, last: rows.at(-1) as Row }
}

function stepHere(): Border {
  const block = currentTask().namespace as Block
  block.rows = relaxed(block.rows, block.above, block.below)
  return borderHere()
}

export async function simulated(client: Client, start: readonly Row[], steps: number): Promise<Row[]> {
  // No more engines than rows; and always the same, whoever joins meanwhile.
  const ids = client.directView({ to: start.length }).targets
  const view = client.directView(ids)
  await view.scatter('rows', start)
  let borders: readonly Border[] = await view.apply(borderHere)
  for (let step = 0; step < steps; step += 1) {
    // Nobody waits for these: each engine takes its calls in their order.
    for (const [i, id] of ids.entries())
      client.directView(id).push({ above: borders[i - 1]?.last, below: borders[i + 1]?.first })
    borders = await view.apply(stepHere)
  }
  return view.gather<Row[]>('rows')
}

/** How warm the plate is, in at most 36 by 36 squares. */
async function draw(path: string, plate: readonly Row[]): Promise<void> {
  const columns = plate[0]?.length ?? 0
  const [down, across] = [Math.min(36, plate.length), Math.min(36, columns)]
  const side = 10
  const boxes = Array.from({ length: down * across }, (_, i) => {
    const [y, x] = [Math.floor(i / across), i % across]
    const degrees = plate[Math.floor((y * plate.length) / down)]?.[Math.floor((x * columns) / across)] ?? 0
    const fill = `hsl(${Math.round(240 - 2.4 * degrees)} 80% 55%)`
    return { x: x * side, y: y * side, width: side, height: side, fill }
  })
  await writePicture(path, { width: across * side, height: down * side, title: 'How warm the plate is' }, boxes)
}

if (process.argv[1] === import.meta.filename) {
  await onACluster(async (client, [rowCount = '200', columnCount = '200', stepCount = '100', picture]) => {
    const [rows, columns, steps] = [Number(rowCount), Number(columnCount), Number(stepCount)]
    const start = plate(rows, columns)
    const startedAt = performance.now()
    const result = await simulated(client, start, steps)
    const ms = Math.round(performance.now() - startedAt)
    const equal = isDeepStrictEqual(result, simulatedSerially(start, steps))
    console.log(`${steps} steps of ${rows} × ${columns} points on engines ${client.ids.join(', ')} in ${ms} ms`)
    console.log(`equal to the serial result: ${equal ? 'yes' : 'NO'}`)
    if (!equal) process.exitCode = 1
    if (picture) await draw(picture, result)
  })
}
