import { expect, test } from 'vitest'
import { type HouseFile, houseFiles, importsOf, isCode, withoutCommentsAndStrings } from './files.ts'

/**
 * In the scheduler, the core and the scheduling lab nothing reads a clock, rolls a die, waits or touches the world: that is what lets
 * the simulator, the property tests and production run the same code.
 */
const IMPURE: Record<string, RegExp> = {
  time: /\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bhrtime\b/,
  randomness: /\bMath\.random\b|\bcrypto\b|\brandom(UUID|Bytes|Int)\b|\bgetRandomValues\b/,
  timers: /\b(setTimeout|setInterval|setImmediate|queueMicrotask|nextTick)\b/,
  promises: /\bPromise[.<]|\bnew Promise\b|\basync\b|\bawait\b|\.then\(/,
  platform: /\bprocess\./,
}

/** Files that may be impure, in what, and why. */
const EXCEPTIONS: Record<string, { readonly in: readonly string[]; readonly reason: string }> = {
  'core/clock.ts': { in: ['time', 'timers'], reason: 'It is the clock that everything else is given.' },
  'core/random.ts': { in: ['randomness'], reason: 'A fresh seed comes from the operating system.' },
  'core/exchange.ts': { in: ['promises'], reason: 'A handshake is one conversation, which waits for each answer.' },
  'core/handshake.ts': {
    in: ['promises', 'randomness'],
    reason: 'It waits for each answer, and asks for a nonce that nobody can foresee.',
  },
  'core/inbox.ts': {
    in: ['timers'],
    reason: 'What arrived before anybody listened is delivered on a turn of its own.',
  },
  'core/keyed-hash.browser.ts': { in: ['randomness'], reason: 'Nonces are bytes that nobody can foresee.' },
  'core/keyed-hash.ts': {
    in: ['randomness', 'node'],
    reason: 'Trust between peers needs random bytes and a keyed hash that nobody can foresee.',
  },
  'core/link.ts': { in: ['promises'], reason: 'Closing a connection takes its time.' },
  'core/machine-clock.ts': { in: ['timers'], reason: 'XState names its clock so; the time is the given one.' },
  'core/task-store.ts': { in: ['promises'], reason: 'It only states types; a store writes in its own time.' },
  'core/opentelemetry.ts': { in: ['promises'], reason: 'It loads a package where that is wanted.' },
  'core/opentelemetry.browser.ts': { in: ['promises'], reason: 'It answers as its twin does.' },
  'core/tracing.ts': { in: ['promises'], reason: 'The API of OpenTelemetry is loaded where it is wanted.' },
  'core/transport.ts': {
    in: ['promises'],
    reason: 'It only states types; a transport opens and closes in its own time.',
  },
}

const pure = houseFiles().filter((file) => isCode(file) && /^(core|scheduler|sim\/lab)\//.test(file.path))

function impurities(file: HouseFile): string[] {
  const code = withoutCommentsAndStrings(file.text)
  const kinds = Object.keys(IMPURE).filter((kind) => IMPURE[kind]?.test(code))
  return importsOf(file).some((specifier) => specifier.startsWith('node:')) ? [...kinds, 'node'] : kinds
}

test('the scheduler, the core and the lab are pure', () => {
  const found = pure.flatMap((file) =>
    impurities(file)
      .filter((kind) => !EXCEPTIONS[file.path]?.in.includes(kind))
      .map((kind) => `${file.path}: ${kind}`),
  )
  expect(found).toEqual([])
})

test('every exception is still needed', () => {
  const stale = Object.entries(EXCEPTIONS).flatMap(([path, exception]) => {
    const file = pure.find((candidate) => candidate.path === path)
    const kinds = file ? impurities(file) : []
    return exception.in.filter((kind) => !kinds.includes(kind)).map((kind) => `${path}: ${kind}`)
  })
  expect(stale).toEqual([])
})

test('the guard sees impurity in code, and only there', () => {
  const text = `
import { createHash } from 'node:crypto'
// Date.now and Math.random in a comment, or a Promise
const text = 'setTimeout(await x)'
const at = Date.now() + Math.random()
setTimeout(() => Promise.resolve(process.pid))
`
  const file = { path: 'core/x.ts', text }
  expect(impurities(file)).toEqual(['time', 'randomness', 'timers', 'promises', 'platform', 'node'])
  expect(impurities({ ...file, text: text.split('\n').slice(2, 4).join('\n') })).toEqual([])
})
