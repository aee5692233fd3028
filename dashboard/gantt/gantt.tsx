import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Bar, outcomes, type Run } from '../../cluster/dashboard/feed/run.ts'
import { labelColour } from '../label-colours.ts'
import { countText, durationText } from '../number-text.ts'
import { ScrollRegion } from '../parts/scroll-region.tsx'
import type { Palette } from '../theme.ts'
import { barAt, bottomPx, drawGantt, leftPx } from './draw-gantt.ts'
import * as viewports from './viewport.ts'

const legendMax = 10
const listedMax = 20
const heightPxRange = [96, 340] as const
const outcomeNames = {
  succeeded: 'succeeded',
  failed: 'failed',
  aborted: 'aborted',
  timedOut: 'timed out',
  lost: 'lost',
}

/** Which engine ran what, when. */
export function Gantt({ run, palette }: { readonly run: Run; readonly palette: Palette }) {
  const place = useRef<HTMLCanvasElement>(null)
  const [view, setView] = useState(viewports.initial)
  const [pointed, setPointed] = useState<Bar>()
  const dragged = useRef<{ readonly x: number; readonly y: number; readonly view: viewports.Viewport } | undefined>(
    undefined,
  )
  const rows = useMemo(() => {
    const drawn = new Set(run.bars.map(([engine]) => engine))
    return run.engines.filter(({ id, left }) => !left || drawn.has(id)).sort((a, b) => a.id - b.id)
  }, [run.engines, run.bars])
  const extent = () => ({
    endMs: run.nowMs,
    rows: rows.length,
    heightPx: (place.current?.clientHeight ?? 400) - bottomPx,
  })
  const shown = viewports.settled(view, extent())
  const wantedPx = rows.length * shown.rowPx + bottomPx + 2
  const heightPx = Math.max(heightPxRange[0], Math.min(heightPxRange[1], wantedPx))
  const drawing = { run, rows, view: shown, palette }
  useEffect(() => {
    const canvas = place.current
    if (canvas === null) return
    drawGantt(canvas, drawing)
    const observer = new ResizeObserver(() => drawGantt(canvas, drawing))
    observer.observe(canvas)
    return () => observer.disconnect()
  })
  const change = (next: (view: viewports.Viewport) => viewports.Viewport) => setView(next(shown))

  const keys: Record<string, () => void> = {
    ArrowLeft: () => change((now) => viewports.panned(now, -0.2)),
    ArrowRight: () => change((now) => viewports.panned(now, 0.2)),
    ArrowUp: () => change((now) => viewports.scrolled(now, -1)),
    ArrowDown: () => change((now) => viewports.scrolled(now, 1)),
    PageUp: () => change((now) => viewports.scrolled(now, -10)),
    PageDown: () => change((now) => viewports.scrolled(now, 10)),
    '+': () => change((now) => viewports.zoomed(now, 0.5, 0.5)),
    '=': () => change((now) => viewports.zoomed(now, 0.5, 0.5)),
    '-': () => change((now) => viewports.zoomed(now, 2, 0.5)),
    '[': () => change((now) => viewports.rowsZoomed(now, 0.75)),
    ']': () => change((now) => viewports.rowsZoomed(now, 1.34)),
    Home: () => change((now) => viewports.whole(now, extent())),
    End: () => change(viewports.following),
  }
  const press = (event: KeyboardEvent) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  }
  const turn = (event: WheelEvent) => {
    // Without a key, or the focus, the wheel scrolls the page.
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== place.current) return
    event.preventDefault()
    const at = Math.max(
      0,
      Math.min(1, (event.offsetX - leftPx) / Math.max(1, (place.current?.clientWidth ?? 0) - leftPx)),
    )
    if (event.shiftKey) change((now) => viewports.scrolled(now, Math.sign(event.deltaY || event.deltaX) * 3))
    else change((now) => viewports.zoomed(now, event.deltaY > 0 ? 1.25 : 0.8, at))
  }
  const move = (event: PointerEvent) => {
    const canvas = place.current
    if (canvas === null) return
    const from = dragged.current
    if (from === undefined) return setPointed(barAt(canvas, drawing, [event.offsetX, event.offsetY]))
    const share = (from.x - event.offsetX) / Math.max(1, canvas.clientWidth - leftPx)
    const byRows = (from.y - event.offsetY) / shown.rowPx
    if (Math.abs(from.x - event.offsetX) + Math.abs(from.y - event.offsetY) < 3) return
    setView(viewports.scrolled(viewports.panned(from.view, share), byRows))
  }
  const ended = run.engines.reduce((sum, { completed }) => sum + completed, 0)
  const inView = run.bars.filter(([, startMs, endMs]) => endMs >= shown.fromMs && startMs <= shown.toMs)
  return (
    <section class="panel wide" aria-labelledby="tasks">
      <div class="panel-head">
        <h2 id="tasks">Tasks by engine</h2>
        <fieldset class="buttons">
          <legend class="hidden">View of the tasks</legend>
          <button type="button" aria-pressed={shown.isFollowing} onClick={keys.End}>
            Follow
          </button>
          <button type="button" onClick={keys.Home}>
            Whole run
          </button>
          <button type="button" aria-label="Show less time" onClick={keys['+']}>
            +
          </button>
          <button type="button" aria-label="Show more time" onClick={keys['-']}>
            −
          </button>
          <button type="button" aria-label="Higher rows" onClick={keys[']']}>
            ↕ +
          </button>
          <button type="button" aria-label="Lower rows" onClick={keys['[']}>
            ↕ −
          </button>
        </fieldset>
      </div>
      <canvas
        ref={place}
        class="gantt"
        style={{ height: `${heightPx}px` }}
        tabIndex={0}
        role="img"
        aria-label={`${countText(inView.length)} attempts drawn at ${countText(rows.length)} engines, from ${durationText(shown.fromMs)} to ${durationText(shown.toMs)} of the run. The list below has the latest.`}
        aria-describedby="gantt-keys"
        onKeyDown={press}
        onWheel={turn}
        onPointerDown={(event) => {
          place.current?.setPointerCapture(event.pointerId)
          dragged.current = { x: event.offsetX, y: event.offsetY, view: shown }
        }}
        onPointerUp={() => {
          dragged.current = undefined
        }}
        onPointerMove={move}
        onPointerLeave={() => setPointed(undefined)}
      />
      <p id="gantt-keys" class="more">
        Drag to move; with the focus here or with Ctrl the wheel zooms. Keys: ← → move, + − zoom, ↑ ↓ engines, [ ]
        height of rows, Home whole run, End follow. Of {countText(ended)} attempts {countText(run.bars.length)} are
        drawn, chosen in proportion to how long they ran; the older they are, the fewer.
      </p>
      <p class="pointed">
        {pointed === undefined ? 'Point at a bar to see its task.' : <BarText bar={pointed} run={run} />}
      </p>
      <Legend run={run} palette={palette} />
      <details>
        <summary>The latest of these attempts as a table</summary>
        <ScrollRegion name="Latest attempts">
          <BarTable bars={inView.slice(-listedMax).toReversed()} run={run} />
        </ScrollRegion>
      </details>
    </section>
  )
}

function BarText({
  bar: [engine, startMs, endMs, label, outcome, task],
  run,
}: {
  readonly bar: Bar
  readonly run: Run
}) {
  return (
    <>
      <strong>{run.labels[label]}</strong> {task} at engine {engine}: {outcomeNames[outcomes[outcome] ?? 'lost']} after{' '}
      {durationText(endMs - startMs)}, begun at {durationText(startMs)}
    </>
  )
}

/** The colours of the labels that are drawn most. */
function Legend({ run, palette }: { readonly run: Run; readonly palette: Palette }) {
  const counts = new Map<number, number>()
  for (const [, , , label] of run.bars) counts.set(label, (counts.get(label) ?? 0) + 1)
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, legendMax)
  return (
    <ul class="legend" aria-label="Colours by label">
      {most.map(([label]) => (
        <li key={label}>
          <Swatch colour={labelColour(label, palette.isDark)} />
          {run.labels[label]}
        </li>
      ))}
      {counts.size > most.length && <li class="more">and {countText(counts.size - most.length)} more</li>}
      <li>
        <Swatch colour={palette.bad} />✕ failed, aborted, timed out or lost
      </li>
    </ul>
  )
}

function Swatch({ colour }: { readonly colour: string }) {
  return (
    <svg class="swatch" width="10" height="10" aria-hidden="true">
      <rect width="10" height="10" rx="2" fill={colour} />
    </svg>
  )
}

function BarTable({ bars, run }: { readonly bars: readonly Bar[]; readonly run: Run }) {
  return (
    <table>
      <caption class="hidden">The latest attempts in the span of time that the chart shows</caption>
      <thead>
        <tr>
          <th scope="col">Task</th>
          <th scope="col">Label</th>
          <th scope="col">Engine</th>
          <th scope="col">Begun</th>
          <th scope="col">Ran</th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        {bars.map(([engine, startMs, endMs, label, outcome, task]) => (
          <tr key={`${task} ${endMs}`}>
            <th scope="row">{task}</th>
            <td>{run.labels[label]}</td>
            <td>{engine}</td>
            <td>{durationText(startMs)}</td>
            <td>{durationText(endMs - startMs)}</td>
            <td>{outcomeNames[outcomes[outcome] ?? 'lost']}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
