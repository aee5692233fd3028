import type { Bar, EngineLine, OpenBar, Run } from '../../cluster/dashboard/feed/run.ts'
import { fitCanvas } from '../canvas.ts'
import { labelColour } from '../label-colours.ts'
import { durationText } from '../number-text.ts'
import type { Palette } from '../theme.ts'
import { lanesOf } from './lanes.ts'
import type { Viewport } from './viewport.ts'

export const leftPx = 72
export const bottomPx = 20
const succeeded = 0

/** In pixels. */
type Box = readonly [left: number, top: number, wide: number, tall: number]

interface Drawing {
  readonly run: Run
  /** Engines, from the top row on. */
  readonly rows: readonly EngineLine[]
  readonly view: Viewport
  readonly palette: Palette
}

/** Where a row begins, in pixels. */
function rowTop({ firstRow, rowPx }: Viewport, row: number): number {
  return (row - firstRow) * rowPx
}

export function drawGantt(canvas: HTMLCanvasElement, { run, rows, view, palette }: Drawing): void {
  const { context, width, height } = fitCanvas(canvas)
  const bottom = height - bottomPx
  const pxPerMs = (width - leftPx) / (view.toMs - view.fromMs)
  const x = (ms: number) => leftPx + (ms - view.fromMs) * pxPerMs
  const rowOf = new Map(rows.map(({ id }, row) => [id, row]))
  const rowTall = Math.max(1, view.rowPx - (view.rowPx >= 6 ? 2 : 0))
  const lanes = lanesOf(rows, run.bars, run.open, run.nowMs)
  drawFrame(context, { rows, view, palette, width, bottom })

  context.save()
  context.beginPath()
  context.rect(leftPx, 0, width - leftPx, bottom)
  context.clip()
  const box = (bar: Bar | OpenBar, endMs: number): Box | undefined => {
    const [engine, startMs] = bar
    if (endMs < view.fromMs || startMs > view.toMs) return undefined
    const row = rowOf.get(engine)
    if (row === undefined) return undefined
    const top = rowTop(view, row)
    if (top + view.rowPx < 0 || top > bottom) return undefined
    const left = Math.max(leftPx - 2, x(startMs))
    const { lane, lanes: count } = lanes.get(bar) ?? { lane: 0, lanes: 1 }
    const tall = Math.max(1, rowTall / count)
    return [left, top + lane * tall, Math.max(1, Math.min(x(endMs), width + 2) - left), tall]
  }
  // Those of one colour together: changing it costs more than drawing.
  const byColour = new Map<string, Box[]>()
  const trouble: Box[] = []
  for (const bar of run.bars) {
    const [, , endMs, label, outcome] = bar
    const place = box(bar, endMs)
    if (place === undefined) continue
    if (outcome !== succeeded) {
      trouble.push(place)
      continue
    }
    const colour = labelColour(label, palette.isDark)
    const same = byColour.get(colour)
    if (same) same.push(place)
    else byColour.set(colour, [place])
  }
  for (const [colour, places] of byColour) {
    context.fillStyle = colour
    for (const place of places) context.fillRect(...place)
  }
  context.globalAlpha = 0.45
  for (const bar of run.open) {
    const place = box(bar, run.nowMs)
    if (place === undefined) continue
    context.fillStyle = labelColour(bar[2], palette.isDark)
    context.fillRect(...place)
  }
  context.globalAlpha = 1
  for (const place of trouble) drawTrouble(context, place, palette)
  drawChanges(context, run, x, bottom, palette)
  context.restore()
}

/** Marked by more than a colour: a bar with a dark edge, and a cross where there is room. */
function drawTrouble(context: CanvasRenderingContext2D, [left, top, wide, tall]: Box, { bad, surface }: Palette): void {
  const width = Math.max(3, wide)
  context.fillStyle = bad
  context.fillRect(left, top, width, tall)
  if (tall < 6 || width < 6) return
  const size = Math.min(tall, width, 10) - 3
  const [midX, midY] = [left + Math.min(width / 2, 8), top + tall / 2]
  context.strokeStyle = surface
  context.lineWidth = 1.5
  context.beginPath()
  context.moveTo(midX - size / 2, midY - size / 2)
  context.lineTo(midX + size / 2, midY + size / 2)
  context.moveTo(midX + size / 2, midY - size / 2)
  context.lineTo(midX - size / 2, midY + size / 2)
  context.stroke()
}

interface Frame {
  readonly rows: readonly EngineLine[]
  readonly view: Viewport
  readonly palette: Palette
  readonly width: number
  readonly bottom: number
}

function drawFrame(context: CanvasRenderingContext2D, { rows, view, palette, width, bottom }: Frame): void {
  context.font = '11px system-ui, sans-serif'
  context.textBaseline = 'middle'
  const visible = Math.ceil(bottom / view.rowPx) + 1
  const every = Math.max(1, Math.ceil(13 / view.rowPx))
  for (let row = Math.floor(view.firstRow); row < Math.min(rows.length, view.firstRow + visible); row += 1) {
    const engine = rows[row] as EngineLine
    const top = rowTop(view, row)
    if (top > bottom) break
    context.fillStyle = palette.line
    if (view.rowPx >= 6) context.fillRect(leftPx, top + view.rowPx - 1, width - leftPx, 0.5)
    if (row % every !== 0 || top < -view.rowPx / 2 || top > bottom - 8) continue
    context.fillStyle = engine.left ? palette.muted : palette.text
    context.fillText(`${engine.left ? '† ' : ''}engine ${engine.id}`, 2, Math.max(5, top + view.rowPx / 2), leftPx - 6)
  }
  context.clearRect(0, bottom, width, bottomPx)
  context.fillStyle = palette.line
  context.fillRect(leftPx, bottom, width - leftPx, 1)
  const stepMs = niceStep((view.toMs - view.fromMs) / Math.max(2, Math.floor((width - leftPx) / 110)))
  for (let ms = Math.ceil(view.fromMs / stepMs) * stepMs; ms <= view.toMs; ms += stepMs) {
    const left = leftPx + ((ms - view.fromMs) / (view.toMs - view.fromMs)) * (width - leftPx)
    context.fillStyle = palette.line
    context.fillRect(left, 0, 1, bottom + 4)
    context.fillStyle = palette.muted
    if (left < width - 50) context.fillText(ms === 0 ? '0' : durationText(ms), left + 3, bottom + 11)
  }
}

function drawChanges(
  context: CanvasRenderingContext2D,
  { changes }: Run,
  x: (ms: number) => number,
  bottom: number,
  palette: Palette,
): void {
  // The first is where the run began.
  for (const [at, strategy] of changes.slice(1)) {
    context.fillStyle = palette.warn
    context.fillRect(x(at), 0, 1.5, bottom)
    context.fillText(strategy, x(at) + 4, 8)
  }
}

function niceStep(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= ms) ?? 10)
}

/** The bar under a place of the canvas, where there is one. */
export function barAt(
  canvas: HTMLCanvasElement,
  { run, rows, view }: Drawing,
  at: readonly [number, number],
): Bar | undefined {
  const [left, top] = at
  if (left < leftPx || top > canvas.clientHeight - bottomPx) return undefined
  const engine = rows[Math.floor(view.firstRow + top / view.rowPx)]?.id
  const msPerPx = (view.toMs - view.fromMs) / (canvas.clientWidth - leftPx)
  const ms = view.fromMs + (left - leftPx) * msPerPx
  return run.bars.findLast(([id, startMs, endMs]) => {
    return id === engine && startMs - 2 * msPerPx <= ms && endMs + 2 * msPerPx >= ms
  })
}
