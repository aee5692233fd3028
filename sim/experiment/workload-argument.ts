import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ConfigurationError, WorkloadError } from '../../core/errors.ts'
import { fixedWorkload, generatedWorkload, type WorkloadSource } from '../lab/compare/workload-source.ts'
import { isWorkloadSpec, workloadForms } from '../lab/generate/workload-generators.ts'
import { readWorkload } from '../lab/read/workload-formats.ts'
import { contentHash, type WorkloadRef } from './cell.ts'

/**
 * A file, or a specification as in `batch:tasks=100,durations=exponential:10`, each with a name in front where one is wanted: `NAME=…`. A file is else
 * called by its name without the ending.
 * @throws ConfigurationError where it is neither
 */
export function workloadRef(argument: string): WorkloadRef {
  const [, given, rest] = existsSync(argument) ? [] : (/^([\w.-]+)=(.*)$/s.exec(argument) ?? [])
  const text = rest ?? argument
  if (existsSync(text)) {
    const file = path.resolve(text)
    return { name: given ?? path.basename(file, path.extname(file)), file, hash: contentHash(contentOf(file)) }
  }
  if (isWorkloadSpec(text)) return { name: given ?? text, spec: text }
  throw new ConfigurationError(
    `there is no file '${text}', and no generator of workloads has that name. Generators are ${workloadForms.join('; ')}`,
    { details: { workload: argument } },
  )
}

/** @throws ConfigurationError, WorkloadError for what is wrong with it, or where its file is not what it was */
export function workloadSource(ref: WorkloadRef): WorkloadSource {
  if ('spec' in ref) return generatedWorkload(ref.spec, ref.name)
  const content = contentOf(ref.file)
  if (contentHash(content) !== ref.hash) throw new WorkloadError(`${ref.file} has changed since the runs began`)
  return fixedWorkload(ref.name, readWorkload(content.toString('utf8'), path.basename(ref.file)))
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new WorkloadError(`the workload cannot be read: ${message}`, { cause })
  }
}
