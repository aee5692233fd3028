import type * as Api from '@opentelemetry/api'

/** Loaded where it is wanted: most programs have it not. */
export function loadOpenTelemetry(): Promise<typeof Api> {
  return import('@opentelemetry/api')
}
