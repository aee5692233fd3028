import type * as Api from '@opentelemetry/api'
import { ConfigurationError } from './errors.ts'

/** The bundle for browsers is one module, which loads nothing. */
export async function loadOpenTelemetry(): Promise<typeof Api> {
  throw new ConfigurationError('tracing is not to be had in a browser')
}
