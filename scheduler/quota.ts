import type { Fault } from '../core/errors.ts'
import type { SessionId } from '../core/ids.ts'
import { type LoadLimitName, overLimit, taskOverheadBytes } from '../core/limits.ts'
import type { SharedParts } from './shared-parts.ts'
import type { TaskRecord } from './task.ts'

/** How much may be live. A task is accepted as long as no limit is reached, whatever it takes itself: so bytes go over by one task at most. */
export interface LoadLimits {
  /** Tasks of one client. */
  readonly clientTasksMax: number
  /** What the tasks of one client take: what they were called with, their functions, and 1,000 bytes for each. */
  readonly clientBytesMax: number
  /** What all tasks take. */
  readonly queuedBytesMax: number
}

/** What one client has outstanding. */
export class ClientAccount {
  readonly client: SessionId
  tasks = 0
  bytes = 0

  constructor(client: SessionId) {
    this.client = client
  }
}

/** Invariant: an account is here exactly while its client has live tasks, and says what they take; `bytes` is the sum. */
export class Quota {
  readonly limits: LoadLimits
  readonly accounts = new Map<SessionId, ClientAccount>()
  bytes = 0
  private readonly parts: SharedParts

  constructor(limits: LoadLimits, parts: SharedParts) {
    this.limits = limits
    this.parts = parts
  }

  /** It is among `accounts` from its first task on. */
  accountOf(client: SessionId): ClientAccount {
    return this.accounts.get(client) ?? new ClientAccount(client)
  }

  /** Why no task of this client is accepted now; undefined where one is. */
  refusal({ tasks, bytes }: ClientAccount): Fault | undefined {
    const { clientTasksMax, clientBytesMax, queuedBytesMax } = this.limits
    if (tasks >= clientTasksMax) return faultOf('clientTasksMax', clientTasksMax, tasks)
    if (bytes >= clientBytesMax) return faultOf('clientBytesMax', clientBytesMax, bytes)
    if (this.bytes >= queuedBytesMax) return faultOf('queuedBytesMax', queuedBytesMax, this.bytes)
    return undefined
  }

  /** A task has become live. */
  open({ terms: { account }, bodyBytes, shared }: TaskRecord): void {
    if (account.tasks === 0) this.accounts.set(account.client, account)
    account.tasks += 1
    this.charge(account, bodyBytes + taskOverheadBytes)
    if (shared === undefined || !this.parts.add(shared, 'live')) return
    shared.payer = account
    this.charge(account, shared.bytes)
  }

  /** It has ended. */
  close({ terms: { account }, bodyBytes, shared }: TaskRecord): void {
    account.tasks -= 1
    if (account.tasks === 0) this.accounts.delete(account.client)
    this.charge(account, -bodyBytes - taskOverheadBytes)
    if (shared?.payer === undefined || !this.parts.remove(shared, 'live')) return
    this.charge(shared.payer, -shared.bytes)
    shared.payer = undefined
  }

  private charge(account: ClientAccount, bytes: number): void {
    account.bytes += bytes
    this.bytes += bytes
  }
}

function faultOf(limit: LoadLimitName, max: number, used: number): Fault {
  return { code: 'YM_LIMIT', message: overLimit(limit, max, used), details: { limit, max, used } }
}
