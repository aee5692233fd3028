import { WorkloadError } from '../../../core/errors.ts'

/**
 * What `read` makes of the value of a JSON text.
 * @param name of the file, which all messages begin with
 * @throws WorkloadError where it is no JSON, or `read` throws one
 */
export function fromJson<T>(text: string, name: string, read: (value: unknown) => T): T {
  try {
    return read(parse(text))
  } catch (error) {
    if (!(error instanceof WorkloadError)) throw error
    throw new WorkloadError(`${name}: ${error.message}`, { cause: error.cause, details: { ...error.details, name } })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new WorkloadError(`is no JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
