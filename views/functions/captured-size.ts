import { CaptureError } from '../../core/errors.ts'
import { encodeValue, type Payload } from '../../core/payload.ts'
import type { Captured } from './capture.ts'
import { captureError } from './capture-error.ts'

/** What a function may take with all that it captures: it travels to every engine, and each keeps it. */
export const capturedBytesMaxDefault = 16 * 2 ** 20

/** @throws CaptureError naming the largest of what the function captures */
export function checkSize({ spec, trails }: Captured, payload: Payload, bytesMax: number): void {
  const bytes = payload.byteLength
  if (bytes <= bytesMax) return
  const sizes = spec.values.map((value) => encodeValue(value).byteLength)
  const largest = sizes.indexOf(Math.max(...sizes))
  const trail = trails[largest]
  const limit = `a function may take ${shown(bytesMax)} with all that it captures (capturedBytesMax)`
  const captured = sizes.reduce((sum, size) => sum + size, 0)
  if (trail === undefined || captured < bytes / 2)
    throw new CaptureError(
      `Cannot ship the function '${spec.name}': its text takes ${shown(bytes - captured)}, and ${limit}.`,
    )
  throw captureError(
    trail,
    `takes ${shown(sizes[largest] ?? 0)}, and ${limit}`,
    'Pass it as an argument, or let the function read it where it runs: from a file, or from a module that it imports. Or raise capturedBytesMax where the client connects.',
  )
}

function shown(bytes: number): string {
  return bytes < 1_024 * 1_024 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_024 / 1_024).toFixed(1)} MiB`
}
