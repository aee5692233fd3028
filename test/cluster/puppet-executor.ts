import { AttemptTable } from '../../cluster/attempt-table.ts'
import type { ExecutorFactory, ExecutorHandlers } from '../../cluster/executor.ts'
import type { ClaimTable } from '../../cluster/executors/claims.ts'
import { noLimit } from '../../core/capacity.ts'
import type { FunctionHash, TaskId } from '../../core/ids.ts'
import type { AttemptEnd, EngineToController, EngineToExecutor } from '../../core/messages.ts'
import { encodeValue } from '../../core/payload.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'

type Run = Extract<EngineToExecutor, { type: 'run' }>['tasks'][number]

/** An executor that begins and ends tasks when the test says so. */
class PuppetExecutor {
  readonly claims: ClaimTable
  readonly handlers: ExecutorHandlers
  readonly queue: Run[] = []
  readonly begun: Run[] = []
  readonly signalled: number[] = []
  /** Said, but still on its way. */
  readonly unheard: Run[] = []
  functions = 0
  ended = false

  constructor(claims: ClaimTable, handlers: ExecutorHandlers) {
    this.claims = claims
    this.handlers = handlers
  }

  receive(message: EngineToExecutor): void {
    if (message.type === 'run') {
      this.queue.push(...message.tasks)
      this.functions += message.functions.length
    }
    if (message.type === 'signal') this.signalled.push(...message.sequences)
  }

  /** Takes the next task that was not taken back, of either kind or of one; undefined where there is none. */
  beginNext(wallTime: number, direct?: boolean): Run | undefined {
    for (;;) {
      const next = this.queue.findIndex((task) => direct === undefined || (task.direct ?? false) === direct)
      const [task] = next < 0 ? [] : this.queue.splice(next, 1)
      if (task === undefined) return undefined
      if (!this.claims.begin(task.sequence)) continue
      this.claims.called(task.sequence, wallTime)
      this.begun.push(task)
      return task
    }
  }

  finish(task: Run, outcome: 'succeeded' | 'failed' | 'aborted' = 'succeeded'): void {
    this.begun.splice(this.begun.indexOf(task), 1)
    const { sequence } = task
    this.claims.end(sequence)
    this.handlers.onMessage({ type: 'done', results: [{ sequence, outcome, durationMs: 1 }] })
  }
}

export function setUp() {
  const clock = new VirtualClock()
  const executors: PuppetExecutor[] = []
  const reports: EngineToController[] = []
  const factory: ExecutorFactory = {
    kind: 'thread',
    start({ claims }, handlers) {
      const puppet = new PuppetExecutor(claims, handlers)
      executors.push(puppet)
      return {
        send: (message) => puppet.receive(message),
        hearOut: () => {
          for (const task of puppet.unheard.splice(0)) puppet.finish(task)
        },
        async end() {
          puppet.ended = true
        },
      }
    },
  }
  const hopeless: string[] = []
  const link = { hasRoom: true }
  const table = new AttemptTable({
    executors: factory,
    concurrency: 1,
    engine: 0,
    capacity: noLimit,
    clock,
    report: (message) => {
      reports.push(message)
      return link.hasRoom
    },
    onHopeless: (reason) => hopeless.push(reason),
  })
  const present = () => executors.at(-1) as PuppetExecutor
  const ready = () => present().handlers.onMessage({ type: 'ready' })
  ready()
  let sent = false
  return {
    clock,
    table,
    executors,
    reports,
    hopeless,
    link,
    present,
    ready,
    ends: () => reports.flatMap((report): AttemptEnd[] => (report.type === 'ended' ? report.results : [])),
    begunReports: () => reports.flatMap((report) => (report.type === 'begun' ? report.tasks.map(({ id }) => id) : [])),
    take(ids: readonly string[], options: { attempt?: number; runTimeoutMs?: number; direct?: true } = {}) {
      const tasks = ids.map((id) => ({
        id: id as TaskId,
        attempt: 1,
        function: hash,
        call: 'once' as const,
        args,
        ...options,
      }))
      table.take({ type: 'tasks', tasks, functions: sent ? [] : [{ hash, payload: args }] })
      sent = true
    },
  }
}

const hash = 'f'.repeat(22) as FunctionHash
const args = encodeValue([])
export const ref = (id: string) => ({ id: id as TaskId, attempt: 1 })
