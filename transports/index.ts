/** The contract of a transport, for those who write one. */
export type * from '../core/transport.ts'
