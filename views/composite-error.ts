import { YardmasterError } from '../core/errors.ts'
import { inspectCustom } from './inspect-custom.ts'
import { RemoteError } from './remote-error.ts'

/** One that failed: its error, and which it was among all: `item 7`. */
export interface Failed {
  readonly error: YardmasterError
  readonly place?: string | undefined
}

const shownMax = 5
const kindsMax = 5
const lineCharsMax = 200

/**
 * Several tasks, or several items of a map, failed. `errors` has each error once, in the order of the items. The message counts them by
 * what was thrown, and shows the first few in a line each.
 */
export class CompositeError extends YardmasterError {
  declare readonly code: 'YM_COMPOSITE'
  readonly errors: readonly YardmasterError[]

  /** `total`: how many there are, failed or not, where that is known. */
  constructor(failed: readonly Failed[], total?: number) {
    const errors = failed.map(({ error }) => error)
    const all = total === undefined || total <= failed.length ? '' : ` of ${total}`
    const lines = failed.slice(0, shownMax).map(({ error, place }) => {
      return `\n  ${place === undefined ? '' : `${place}, `}${oneLine(error.message)}`
    })
    const rest = failed.length > shownMax ? `\n  and ${failed.length - shownMax} more, in its \`errors\`` : ''
    super('YM_COMPOSITE', `${failed.length}${all} failed: ${kindsOf(errors)}${lines.join('')}${rest}`, {
      cause: errors[0],
      details: { failed: failed.length, ...(total === undefined ? {} : { total }) },
    })
    this.errors = errors
    // Where the client noticed it says nothing; where the first of them was thrown does.
    const { stack = '' } = errors[0] ?? {}
    const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
    Object.defineProperty(this, 'stack', {
      value: [`${this.name}: ${this.message}`, ...frames].join('\n'),
      writable: true,
      configurable: true,
    })
  }

  /** As `console.log` shows it: hundreds of errors are not told one by one. */
  [inspectCustom](): string {
    return this.stack ?? this.message
  }
}

function oneLine(message: string): string {
  const line = message.replace(/\s*\n\s*/g, ' ')
  return line.length > lineCharsMax ? `${line.slice(0, lineCharsMax)}…` : line
}

/** `30 RangeError, 7 TypeError`, the most frequent first. */
function kindsOf(errors: readonly YardmasterError[]): string {
  const counts = new Map<string, number>()
  for (const error of errors) {
    const kind = oneLine(error instanceof RemoteError ? error.remoteName : error.name)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  const kinds = [...counts].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${count} ${kind}`)
  const rest = kinds.length > kindsMax ? ', …' : ''
  return kinds.slice(0, kindsMax).join(', ') + rest
}
