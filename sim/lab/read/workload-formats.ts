import { WorkloadError } from '../../../core/errors.ts'
import { readRecording } from '../../trace/read-recording.ts'
import { readEsteeGraph } from '../read-estee-graph.ts'
import type { Workload } from '../workload.ts'
import { readSwf } from './read-swf.ts'
import { readWfFormat } from './read-wfformat.ts'

/** A kind of file that holds a workload. */
interface WorkloadFormat {
  readonly name: string
  /** How names of such files end. */
  readonly extension: string
  /** Whether this text is one, seen from its beginning: formats may share an ending. It need not be well-formed. */
  recognises(text: string): boolean
  /** `name` is for messages. Throws a `WorkloadError` that says where the text is wrong. */
  read(text: string, name: string): Workload
}

/** All that `readWorkload` understands. The first that fits is taken. */
const workloadFormats: readonly WorkloadFormat[] = [
  {
    name: 'task graph of Estee',
    extension: '.json',
    recognises: (text) => /^\s*\[/.test(text),
    read: readEsteeGraph,
  },
  {
    name: 'WfFormat 1.5',
    extension: '.json',
    recognises: (text) => /^\s*\{/.test(text),
    read: readWfFormat,
  },
  {
    name: 'Standard Workload Format',
    extension: '.swf',
    recognises: (text) => /^\s*[;\d]/.test(text),
    read: (text, name) => readSwf(text, name).workload,
  },
  {
    name: 'recording of a run',
    extension: '.jsonl',
    recognises: (text) => /^\{"type":"trace"/.test(text),
    read: readRecording,
  },
]

/**
 * Reads a workload, whatever its format: that follows from the ending of its name and from its content.
 *
 * @param name of the file; its ending counts, and messages name it
 * @throws WorkloadError where no format fits, or the text is wrong
 */
export function readWorkload(text: string, name: string): Workload {
  const byEnding = workloadFormats.filter(({ extension }) => name.toLowerCase().endsWith(extension))
  const format = byEnding.find((one) => one.recognises(text)) ?? (byEnding.length === 1 ? byEnding[0] : undefined)
  if (format !== undefined) return format.read(text, name)
  const known = workloadFormats.map((one) => `${one.name} (${one.extension})`).join(', ')
  const what = byEnding.length === 0 ? 'its ending is of no known format' : 'its content is of no known format'
  throw new WorkloadError(`${name}: ${what}. Known are: ${known}`, { details: { name } })
}
