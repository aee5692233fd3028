import { useEffect, useRef, useState } from 'preact/hooks'
import type { EngineLine, Run } from '../../cluster/dashboard/feed/run.ts'
import { fitCanvas } from '../canvas.ts'
import { countText, durationText, shareText } from '../number-text.ts'
import type { Palette } from '../theme.ts'
import { ScrollRegion } from './scroll-region.tsx'

const pageSize = 25

const orders = {
  id: (a: EngineLine, b: EngineLine) => a.id - b.id,
  load: (a: EngineLine, b: EngineLine) => b.load - a.load || a.id - b.id,
  completed: (a: EngineLine, b: EngineLine) => b.completed - a.completed || a.id - b.id,
  failed: (a: EngineLine, b: EngineLine) => b.failed - a.failed || a.id - b.id,
} as const
type Order = keyof typeof orders
const orderNames: Record<Order, string> = {
  id: 'number',
  load: 'tasks there',
  completed: 'completed',
  failed: 'failed',
}

type State = 'idle' | 'busy' | 'full' | 'left'

/** `full`: it has as many tasks as it is given at a time. */
function stateOf({ load, direct, mark, left }: EngineLine): State {
  if (left) return 'left'
  if (load + direct === 0) return 'idle'
  return mark > 0 && load >= mark ? 'full' : 'busy'
}

export function Engines({ run, palette }: { readonly run: Run; readonly palette: Palette }) {
  const [order, setOrder] = useState<Order>('id')
  const [filter, setFilter] = useState('')
  const [page, setPage] = useState(0)
  const here = run.engines.filter(({ left }) => !left)
  const wanted = run.engines
    .filter(({ id, name, host, kind }) => `${id} ${name} ${host} ${kind}`.toLowerCase().includes(filter.toLowerCase()))
    .sort((a, b) => Number(a.left !== undefined) - Number(b.left !== undefined) || orders[order](a, b))
  const pages = Math.max(1, Math.ceil(wanted.length / pageSize))
  const current = Math.min(page, pages - 1)
  const lines = wanted.slice(current * pageSize, (current + 1) * pageSize)
  const states = here.map(stateOf)
  const count = (state: State) => countText(states.filter((one) => one === state).length)
  return (
    <section class="panel wide" aria-labelledby="engines">
      <div class="panel-head">
        <h2 id="engines">Engines</h2>
        <p class="more">
          {count('idle')} idle, {count('busy')} busy, {count('full')} full
        </p>
        <div class="buttons">
          <label>
            Find <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
          </label>
          <label>
            Order by{' '}
            <select value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
              {Object.entries(orderNames).map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
      {here.length > pageSize && <EngineMap engines={here} palette={palette} />}
      <ScrollRegion name="Engines as a table">
        <table>
          <caption class="hidden">Engines with their state and load</caption>
          <thead>
            <tr>
              <th scope="col">Engine</th>
              <th scope="col">State</th>
              <th scope="col">Tasks there</th>
              <th scope="col">Takes at most</th>
              <th scope="col">Completed</th>
              <th scope="col">Failed</th>
              <th scope="col">Busy</th>
              <th scope="col">Name</th>
              <th scope="col">Kind</th>
              <th scope="col">Host</th>
              <th scope="col">Process</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((engine) => (
              <EngineRow key={engine.id} engine={engine} nowMs={run.nowMs} />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {wanted.length === 0 && (
        <p class="more">{run.engines.length === 0 ? 'There is no engine.' : 'No engine has that.'}</p>
      )}
      {pages > 1 && (
        <nav class="buttons" aria-label="Pages of engines">
          <button type="button" disabled={current === 0} onClick={() => setPage(current - 1)}>
            Back
          </button>
          <span>
            {current * pageSize + 1} to {current * pageSize + lines.length} of {countText(wanted.length)}
          </span>
          <button type="button" disabled={current === pages - 1} onClick={() => setPage(current + 1)}>
            Next
          </button>
        </nav>
      )}
    </section>
  )
}

function EngineRow({ engine, nowMs }: { readonly engine: EngineLine; readonly nowMs: number }) {
  const { id, name, kind, host, pid, load, direct, mark, completed, failed, busyMs, joinedMs, concurrency, left } =
    engine
  const state = stateOf(engine)
  const thereMs = ((left?.[0] ?? nowMs) - joinedMs) * concurrency
  return (
    <tr data-engine={id}>
      <th scope="row">{id}</th>
      <td>
        <span class={`state ${state}`}>{left ? `left: ${left[1]}` : state}</span>
      </td>
      <td>
        {countText(load)}
        {direct > 0 && ` + ${countText(direct)} direct`}
      </td>
      <td>{left ? '–' : mark === 0 ? 'any number' : countText(mark)}</td>
      <td>{countText(completed)}</td>
      <td class={failed > 0 ? 'bad' : undefined}>{countText(failed)}</td>
      <td>
        {durationText(busyMs)} {thereMs > 0 && <span class="more">{shareText(Math.min(1, busyMs / thereMs))}</span>}
      </td>
      <td>{name}</td>
      <td>{kind}</td>
      <td>{host}</td>
      <td>{pid}</td>
    </tr>
  )
}

const cellPx = 10

/** One cell for each engine, in the order of their numbers. */
function EngineMap({ engines, palette }: { readonly engines: readonly EngineLine[]; readonly palette: Palette }) {
  const place = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = place.current
    if (canvas === null) return
    const columns = Math.max(1, Math.floor(canvas.clientWidth / cellPx))
    canvas.style.height = `${Math.ceil(engines.length / columns) * cellPx}px`
    const { context } = fitCanvas(canvas)
    const colours: Record<State, string> = {
      idle: palette.line,
      busy: palette.accent,
      full: palette.warn,
      left: palette.line,
    }
    for (const [i, engine] of engines.entries()) {
      context.fillStyle =
        engine.failed > 0 && engine.failed === engine.completed ? palette.bad : colours[stateOf(engine)]
      context.fillRect((i % columns) * cellPx, Math.floor(i / columns) * cellPx, cellPx - 2, cellPx - 2)
    }
  })
  return (
    <canvas
      ref={place}
      class="map"
      role="img"
      aria-label={`A cell for each of ${engines.length} engines: idle, busy or full. The table below has the numbers.`}
    />
  )
}
