import type { Ending } from './workload.ts'

/** What a controller's process is told to be. */
export interface ControllerOrder {
  readonly addresses: readonly string[]
  readonly key: string
  /** The folder of its store. */
  readonly store: string
}

/** What a client's process is told to do: the tasks from number `from` to, but without, `to`. */
export interface ClientOrder {
  readonly address: string
  readonly key: string
  readonly log: string
  readonly from: number
  readonly to: number
  /** The session of a client that was killed at this work. */
  readonly inherits?: string | undefined
}

/** What a client's process says. */
export type ClientWord =
  | { readonly type: 'began'; readonly session: string }
  /** The tasks that are known of the client that was killed. */
  | { readonly type: 'found'; readonly items: readonly number[] }
  /** The controller has taken all tasks below this number. */
  | { readonly type: 'accepted'; readonly below: number }
  | { readonly type: 'ended'; readonly endings: readonly Ending[] }
  /** Tasks of which two replies came that are not the same. */
  | { readonly type: 'contradicted'; readonly ids: readonly string[] }
  /** Everything has ended, so many replies came, and so many of them a second time, as after a lost link. */
  | { readonly type: 'done'; readonly replies: number; readonly repeats: number }
