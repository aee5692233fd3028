/** What arguments and results of every size cost, by how engines are linked, beside the bare links. */
import { type ContenderName, type Contenders, openContenders } from '../peers/contenders.ts'
import type { Job, PayloadWay } from '../peers/job.ts'
import type { Case, Measure, Size, Suite, Target } from '../suite.ts'

interface Subject {
  readonly contender: ContenderName
  readonly how: PayloadWay
  /** The bare link beneath it. */
  readonly beneath?: string
}

const subjects: Readonly<Record<string, Subject>> = {
  threads: { contender: 'Yardmaster, threads', how: 'copied', beneath: 'MessagePort, raw' },
  'threads, transferred': {
    contender: 'Yardmaster, threads',
    how: 'transferred',
    beneath: 'MessagePort, raw, transferred',
  },
  'threads, shared': { contender: 'Yardmaster, threads', how: 'shared', beneath: 'MessagePort, raw, shared' },
  ZeroMQ: { contender: 'Yardmaster, ZeroMQ', how: 'copied', beneath: 'ZeroMQ, raw' },
  'ZeroMQ, client beside controller': {
    contender: 'Yardmaster, ZeroMQ, client beside controller',
    how: 'copied',
    beneath: 'ZeroMQ, raw',
  },
  WebSocket: { contender: 'Yardmaster, WebSocket', how: 'copied', beneath: 'WebSocket, raw' },
  'WebSocket, client beside controller': {
    contender: 'Yardmaster, WebSocket, client beside controller',
    how: 'copied',
    beneath: 'WebSocket, raw',
  },
  'MessagePort, raw': { contender: 'bare threads', how: 'copied' },
  'MessagePort, raw, transferred': { contender: 'bare threads', how: 'transferred' },
  'MessagePort, raw, shared': { contender: 'bare threads', how: 'shared' },
  'ZeroMQ, raw': { contender: 'ZeroMQ, raw', how: 'copied' },
  'WebSocket, raw': { contender: 'WebSocket, raw', how: 'copied' },
}

const workers = 2
const underWay = 2
const largest = 64_000_000
const small = 1_000

interface Sizes {
  readonly back: readonly number[]
  readonly oneWay: readonly number[]
  /** So many bytes are taken each way for a figure, in so many calls at the most. */
  readonly bytes: number
  readonly calls: number
}

const sizesOf: Readonly<Record<Size, Sizes>> = {
  least: { back: [0, small], oneWay: [small], bytes: 1, calls: 2 },
  quick: { back: [0, small, 1_000_000, 10_000_000], oneWay: [1_000_000], bytes: 10_000_000, calls: 50 },
  full: {
    back: [0, small, 10_000, 100_000, 1_000_000, 10_000_000, largest],
    oneWay: [0, small, 1_000_000, largest],
    bytes: 200_000_000,
    calls: 1_000,
  },
}

export const payloads: Suite = {
  async open({ size }) {
    const sizes = sizesOf[size]
    const all = Object.values(subjects).map(({ contender }) => contender)
    // Each has processes of its own, and a look at all of them is no look.
    const leftOut = { least: /ZeroMQ|beside/, quick: /beside/, full: /^$/ }[size]
    const contenders = await openContenders([...new Set(all.filter((name) => !leftOut.test(name)))], workers)
    const measureOf = (name: string, work: Job['work'], at: readonly number[]) =>
      payloadMeasure(contenders, name, work, at, sizes)
    return {
      measures: [
        measureOf('typed array there and back', 'back', sizes.back),
        measureOf('typed array as an argument', 'take', sizes.oneWay),
        measureOf('typed array as a result', 'give', sizes.oneWay),
      ],
      notes: [
        ...contenders.notes,
        `${underWay} calls under way on ${workers} engines. Over ZeroMQ and WebSocket engines are processes, and bytes take two links each way, from client to controller and on to the engine; one where the client is beside the controller.`,
      ],
      close: () => contenders.close(),
    }
  },
}

function payloadMeasure(
  contenders: Contenders,
  name: string,
  work: Job['work'],
  at: readonly number[],
  sizes: Sizes,
): Measure {
  // A bare link only echoes, and what is moved or shared goes there and back.
  const isMeasured = ({ contender, how, beneath }: Subject) =>
    contenders.names.includes(contender) && (work === 'back' || (how === 'copied' && beneath !== undefined))
  const present = Object.entries(subjects).filter(([, subject]) => isMeasured(subject))
  const caseOf = (subject: string, { contender, how, beneath }: Subject, bytes: number): Case => {
    const isThere = work === 'back' && present.some(([name]) => name === beneath)
    return {
      subject,
      at: bytes,
      ...(isThere && beneath !== undefined ? { reference: { subject: beneath } } : {}),
      targets: work === 'back' ? targetsOf(subject, bytes) : [],
      async take() {
        const count = Math.max(underWay, Math.min(sizes.calls, Math.round(sizes.bytes / Math.max(1, bytes))))
        const job: Job = { work, bytes, count, window: underWay, how }
        const seconds = (await contenders.run(contender, job))?.seconds ?? Number.NaN
        return { time: (seconds / count) * 1e6, rate: bytes === 0 ? Number.NaN : (bytes * count) / 1e9 / seconds }
      },
    }
  }
  return {
    name,
    figures: {
      time: { unit: 'µs a call', better: 'lower' },
      rate: { unit: 'GB/s each way', better: 'higher', isComparable: false },
    },
    parameter: { name: 'size', unit: 'B' },
    cases: present.flatMap(([name, subject]) => at.map((bytes) => caseOf(name, subject, bytes))),
  }
}

/** Of what is moved or shared, too, the link is the one that copies. */
function targetsOf(subject: string, bytes: number): readonly Target[] {
  const { contender, beneath } = subjects[subject] ?? {}
  if (bytes !== largest || beneath === undefined) return []
  const link = contender === 'Yardmaster, threads' ? 'MessagePort, raw' : beneath
  const promise = `64 MB typed array as argument and back, ${subject}`
  return [{ figure: 'rate', promise, to: { subject: link }, atLeast: 0.7 }]
}
