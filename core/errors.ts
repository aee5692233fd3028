/**
 * Every error that Yardmaster raises, each with a stable `code`. Codes are the contract: messages may be reworded.
 * An error crosses the wire as a `Fault` (when we raised it) or inside a payload (when a task threw it).
 */
export type ErrorCode =
  | 'YM_PROTOCOL'
  | 'YM_VERSION'
  | 'YM_AUTHENTICATION'
  | 'YM_MESSAGE_TOO_LARGE'
  | 'YM_ADDRESS'
  | 'YM_UNREACHABLE'
  | 'YM_ADDRESS_IN_USE'
  | 'YM_TRANSPORT_UNAVAILABLE'
  | 'YM_CONNECTION_LOST'
  | 'YM_CLOSED'
  | 'YM_CONFIGURATION'
  | 'YM_CAPTURE'
  | 'YM_CLONE'
  | 'YM_MODULE'
  | 'YM_SOURCE'
  | 'YM_REMOTE'
  | 'YM_COMPOSITE'
  | 'YM_ABORTED'
  | 'YM_TIMEOUT'
  | 'YM_QUEUE_TIMEOUT'
  | 'YM_RUN_TIMEOUT'
  | 'YM_ENGINE_LOST'
  | 'YM_UNMET_DEPENDENCY'
  | 'YM_IMPOSSIBLE_DEPENDENCY'
  | 'YM_INVALID_DEPENDENCY'
  | 'YM_UNKNOWN_TASK'
  | 'YM_PURGED'
  | 'YM_STREAMED'
  | 'YM_PENDING'
  | 'YM_NO_ENGINE'
  | 'YM_ENGINE_START'
  | 'YM_SIMULATION'
  | 'YM_WORKLOAD'
  | 'YM_STORE'
  | 'YM_LIMIT'
  | 'YM_INTERNAL'

/** An error as plain data, for a message header: what we raised ourselves, never what a task threw. */
export interface Fault {
  readonly code: ErrorCode
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** What an error takes beside its message: its `cause`, and `details` for programs. */
export interface ErrorOptionsWithDetails extends ErrorOptions {
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** The base of all errors raised by Yardmaster. `details` names what the message speaks of, for programs. */
export class YardmasterError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithDetails = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
    this.name = new.target.name
  }

  toFault(): Fault {
    return { code: this.code, message: this.message, details: this.details }
  }
}

function coded<const Code extends ErrorCode>(code: Code) {
  return class extends YardmasterError {
    declare readonly code: Code
    constructor(message: string, options: ErrorOptionsWithDetails = {}) {
      super(code, message, options)
    }
  }
}

/** A peer broke the protocol: malformed bytes, an unknown or ill-formed message. That connection ends. */
export class ProtocolError extends coded('YM_PROTOCOL') {}
/** The peer speaks another protocol version. */
export class VersionError extends coded('YM_VERSION') {}
/** The peer does not hold the cluster's key; or `ssh` is not let in, or does not trust the host. */
export class AuthenticationError extends coded('YM_AUTHENTICATION') {}
/** A message exceeds the stated limit. */
export class MessageTooLargeError extends coded('YM_MESSAGE_TOO_LARGE') {}
/** An address is malformed, or no transport is registered for its scheme. */
export class AddressError extends coded('YM_ADDRESS') {}
/** Nobody listens at the address. */
export class UnreachableError extends coded('YM_UNREACHABLE') {}
/** Somebody else listens at the address. */
export class AddressInUseError extends coded('YM_ADDRESS_IN_USE') {}
/** The transport's package is not installed, or does not load on this machine; or there is no `ssh`. */
export class TransportUnavailableError extends coded('YM_TRANSPORT_UNAVAILABLE') {}
/** The link ended without a goodbye. */
export class ConnectionLostError extends coded('YM_CONNECTION_LOST') {}
/** The thing that was called has been closed. */
export class ClosedError extends coded('YM_CLOSED') {}
/** An option, a connection file or a command line is wrong. */
export class ConfigurationError extends coded('YM_CONFIGURATION') {}
/** A function captures something that cannot travel to an engine. */
export class CaptureError extends coded('YM_CAPTURE') {}
/** An argument or a result cannot be cloned. */
export class CloneError extends coded('YM_CLONE') {}
/** A module task's module is missing, does not load, or lacks the export. */
export class ModuleError extends coded('YM_MODULE') {}
/** A text to execute does not parse, or is no JavaScript. */
export class SourceError extends coded('YM_SOURCE') {}
/** The task was aborted. */
export class TaskAbortedError extends coded('YM_ABORTED') {}
/** The caller stopped waiting; the task goes on. */
export class TimeoutError extends coded('YM_TIMEOUT') {}
/** The task had not begun within its `queueTimeout`. */
export class QueueTimeoutError extends coded('YM_QUEUE_TIMEOUT') {}
/** One attempt ran longer than the task's `runTimeout`; its executor was ended. */
export class RunTimeoutError extends coded('YM_RUN_TIMEOUT') {}
/** Engines died under the task too often, or once for a task that must not run twice. */
export class EngineLostError extends coded('YM_ENGINE_LOST') {}
/** Every engine that could take the task refused it. */
export class UnmetDependencyError extends coded('YM_UNMET_DEPENDENCY') {}
/** Nothing that can still happen would let the task run. */
export class ImpossibleDependencyError extends coded('YM_IMPOSSIBLE_DEPENDENCY') {}
/** A `Dependency` that contradicts itself. */
export class InvalidDependencyError extends coded('YM_INVALID_DEPENDENCY') {}
/** The controller knows no such task. */
export class UnknownTaskError extends coded('YM_UNKNOWN_TASK') {}
/** The result was there, and was dropped: fetched, purged, or beyond the retention limit. */
export class PurgedError extends coded('YM_PURGED') {}
/** The parts of a generator's result were let go as they were read, or were too many to be kept: there is no whole. */
export class StreamedError extends coded('YM_STREAMED') {}
/** The task has not ended, and what was asked needs it to have. */
export class PendingError extends coded('YM_PENDING') {}
/** A direct view names an engine that is not there, or there is none at all. */
export class NoEngineError extends coded('YM_NO_ENGINE') {}
/** An engine did not come up. */
export class EngineStartError extends coded('YM_ENGINE_START') {}
/** A workload, or the file that it is read from, is malformed. `details` name the task and the field. */
export class WorkloadError extends coded('YM_WORKLOAD') {}
/** The store of a controller cannot be opened, read or written. */
export class StoreError extends coded('YM_STORE') {}
/** Too much is there already: a limit of the controller is reached. `details` name it, its value (`max`) and what is there (`used`). */
export class LimitError extends coded('YM_LIMIT') {}
/** A defect in Yardmaster. */
export class InternalError extends coded('YM_INTERNAL') {}

const classes: Partial<Record<string, new (message: string, options: ErrorOptionsWithDetails) => YardmasterError>> = {
  YM_PROTOCOL: ProtocolError,
  YM_VERSION: VersionError,
  YM_AUTHENTICATION: AuthenticationError,
  YM_MESSAGE_TOO_LARGE: MessageTooLargeError,
  YM_ADDRESS: AddressError,
  YM_UNREACHABLE: UnreachableError,
  YM_ADDRESS_IN_USE: AddressInUseError,
  YM_TRANSPORT_UNAVAILABLE: TransportUnavailableError,
  YM_CONNECTION_LOST: ConnectionLostError,
  YM_CLOSED: ClosedError,
  YM_CONFIGURATION: ConfigurationError,
  YM_CAPTURE: CaptureError,
  YM_CLONE: CloneError,
  YM_MODULE: ModuleError,
  YM_SOURCE: SourceError,
  YM_ABORTED: TaskAbortedError,
  YM_TIMEOUT: TimeoutError,
  YM_QUEUE_TIMEOUT: QueueTimeoutError,
  YM_RUN_TIMEOUT: RunTimeoutError,
  YM_ENGINE_LOST: EngineLostError,
  YM_UNMET_DEPENDENCY: UnmetDependencyError,
  YM_IMPOSSIBLE_DEPENDENCY: ImpossibleDependencyError,
  YM_INVALID_DEPENDENCY: InvalidDependencyError,
  YM_UNKNOWN_TASK: UnknownTaskError,
  YM_PURGED: PurgedError,
  YM_STREAMED: StreamedError,
  YM_PENDING: PendingError,
  YM_NO_ENGINE: NoEngineError,
  YM_ENGINE_START: EngineStartError,
  YM_WORKLOAD: WorkloadError,
  YM_STORE: StoreError,
  YM_LIMIT: LimitError,
  YM_INTERNAL: InternalError,
}

/** The error class for a fault that came over the wire. A code from a newer peer becomes a plain `YardmasterError`. */
export function errorFromFault(fault: Fault): YardmasterError {
  // A code from outside may be anything, `constructor` too.
  const Class = Object.hasOwn(classes, fault.code) ? classes[fault.code] : undefined
  const options = { details: fault.details }
  return Class ? new Class(fault.message, options) : new YardmasterError(fault.code, fault.message, options)
}

/** Anything thrown, as a fault: ours keep their code, others are defects. */
export function faultFrom(thrown: unknown): Fault {
  if (thrown instanceof YardmasterError) return thrown.toFault()
  return { code: 'YM_INTERNAL', message: thrown instanceof Error ? thrown.message : String(thrown) }
}
