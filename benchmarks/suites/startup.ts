/** How long a cluster takes to start, in a program of its own that has loaded nothing yet, beside threads and processes without any. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Case, Size, Suite, Target } from '../suite.ts'
import type { StartTimes } from './startup-main.ts'

interface Subject {
  readonly way: string
  readonly beneath?: string
  /** Milliseconds until four engines are ready. */
  readonly target?: number
  /** A package that may be absent. */
  readonly needs?: string
}

const subjects: Readonly<Record<string, Subject>> = {
  'thread engines': { way: 'threads', beneath: 'bare threads', target: 500 },
  'process engines, WebSocket': { way: 'websocket', beneath: 'bare processes', target: 1_500 },
  'process engines, ZeroMQ': { way: 'zeromq', beneath: 'bare processes', target: 1_500, needs: 'zeromq' },
  piscina: { way: 'piscina', beneath: 'bare threads', needs: 'piscina' },
  'bare threads': { way: 'bareThreads' },
  'bare processes': { way: 'bareProcesses' },
}

const judged = 4
const enginesOf: Readonly<Record<Size, readonly number[]>> = {
  least: [1],
  quick: [judged],
  full: [1, 2, judged, 8],
}

export const startup: Suite = {
  async open({ size }) {
    const absent = await absentOf(Object.values(subjects).map(({ needs }) => needs))
    const present = Object.entries(subjects).filter(([, { needs }]) => needs === undefined || !absent.includes(needs))
    const ms = { unit: 'ms', better: 'lower' } as const
    return {
      measures: [
        {
          name: 'a program starts engines',
          figures: { ready: ms, first: ms },
          parameter: { name: 'engines' },
          cases: present.flatMap(([subject, found]) => enginesOf[size].map((count) => caseOf(subject, found, count))),
        },
      ],
      notes: [
        ...absent.map((name) => `What needs ${name} is left out: npm install ${name}.`),
        'From before the library is loaded until all engines are ready, and until each has given a first result; node itself has started before.',
      ],
      close: async () => {},
    }
  },
}

function caseOf(subject: string, { way, beneath, target }: Subject, count: number): Case {
  return {
    subject,
    at: count,
    ...(beneath === undefined ? {} : { reference: { subject: beneath } }),
    targets: count === judged && target !== undefined ? [targetOf(subject, target)] : [],
    async take() {
      const program = fileURLToPath(new URL('./startup-main.js', import.meta.url))
      // As a program starts: without the options of the suite, which change what V8 does first.
      const { stdout } = await promisify(execFile)(process.execPath, [program, way, String(count)])
      const { ready, first } = JSON.parse(stdout) as StartTimes
      return { ready, first }
    },
  }
}

function targetOf(subject: string, atMost: number): Target {
  return { figure: 'ready', promise: `start of ${judged} ${subject}`, atMost }
}

async function absentOf(names: readonly (string | undefined)[]): Promise<string[]> {
  const wanted = names.filter((name) => name !== undefined)
  const found = await Promise.all(
    wanted.map((name) =>
      import(name).then(
        () => true,
        () => false,
      ),
    ),
  )
  return wanted.filter((_, i) => !found[i])
}
