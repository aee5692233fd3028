/** The part of a run that its chart shows: a span of time, and rows of engines. */
export interface Viewport {
  readonly fromMs: number
  readonly toMs: number
  /** At the top; with a fraction. */
  readonly firstRow: number
  /** 0: so that all rows are shown, as far as they can be read. */
  readonly rowPx: number
  /** Goes on with the run. */
  readonly isFollowing: boolean
}

interface Extent {
  readonly endMs: number
  readonly rows: number
  readonly heightPx: number
}

const followedMs = 15_000
const leastMs = 1
const rowPxRange = [2, 48] as const
const readableRowPx = [7, 24] as const

export const initial: Viewport = { fromMs: 0, toMs: followedMs, firstRow: 0, rowPx: 0, isFollowing: true }

/** Within the run; with it, where it follows. */
export function settled(view: Viewport, { endMs, rows, heightPx }: Extent): Viewport {
  const spanMs = Math.max(leastMs, view.toMs - view.fromMs)
  const whole = Math.max(endMs, spanMs)
  const toMs = view.isFollowing ? whole : Math.min(Math.max(view.toMs, spanMs), whole)
  const rowPx = view.rowPx || Math.max(readableRowPx[0], Math.min(readableRowPx[1], heightPx / Math.max(1, rows)))
  const firstRow = Math.max(0, Math.min(view.firstRow, rows - Math.floor(heightPx / rowPx)))
  return { ...view, fromMs: toMs - spanMs, toMs, firstRow, rowPx }
}

/** By a share of the span; to the right where it is positive. Ends following. */
export function panned(view: Viewport, share: number): Viewport {
  const byMs = (view.toMs - view.fromMs) * share
  return { ...view, fromMs: view.fromMs + byMs, toMs: view.toMs + byMs, isFollowing: false }
}

/** `factor` below 1 shows less time. `at`: the place that stays, from 0, left, to 1, right. A view that follows stays at its end. */
export function zoomed(view: Viewport, factor: number, at: number): Viewport {
  const spanMs = view.toMs - view.fromMs
  const nextMs = Math.max(leastMs, spanMs * factor)
  const place = view.isFollowing ? 1 : at
  const fromMs = view.fromMs + (spanMs - nextMs) * place
  return { ...view, fromMs, toMs: fromMs + nextMs }
}

export function scrolled(view: Viewport, rows: number): Viewport {
  return { ...view, firstRow: view.firstRow + rows }
}

export function rowsZoomed(view: Viewport, factor: number): Viewport {
  return { ...view, rowPx: Math.max(rowPxRange[0], Math.min(rowPxRange[1], view.rowPx * factor)) }
}

export function following(view: Viewport): Viewport {
  return { ...view, isFollowing: true }
}

/** All of the run so far, and all engines where they fit. */
export function whole(view: Viewport, { endMs, rows, heightPx }: Extent): Viewport {
  const rowPx = Math.max(rowPxRange[0], Math.min(rowPxRange[1], Math.floor(heightPx / Math.max(1, rows))))
  return { ...view, fromMs: 0, toMs: Math.max(leastMs, endMs), firstRow: 0, rowPx, isFollowing: false }
}
