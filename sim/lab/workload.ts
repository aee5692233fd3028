/**
 * A workload: tasks by number, 0 to `size - 1`, in columns, so that a million of them cost a few dozen megabytes. Make one with
 * `workloadOf`, a generator or a reader; all of them check what they make. Times are milliseconds, sizes bytes.
 */
export interface Workload {
  readonly size: number
  /** When each is submitted, from the beginning of the simulation. A batch arrives at 0. */
  readonly arrivalMs: Float64Array
  /** How long each runs on an engine of speed 1, whatever its cores. */
  readonly durationMs: Float64Array
  /** How long its user says it will run; NaN where the user says nothing. */
  readonly estimateMs: Float64Array
  /** Cores of one engine that it occupies while it runs. */
  readonly cores: Int32Array
  /** Memory of one engine that it takes while it runs; undefined where no task says so. */
  readonly memoryBytes?: Float64Array | undefined
  /** What tasks make and consume; undefined where no task depends on another. */
  readonly data: TaskData | undefined
}

/**
 * Objects by number: one task makes each, as it ends, and any number consume it. Those of a task lie together, in its order. A
 * dependency without data is an object of 0 bytes.
 */
export interface TaskData {
  /** How many objects there are. */
  readonly size: number
  readonly bytes: Float64Array
  /** How large its user says it will be; NaN where the user says nothing. */
  readonly estimateBytes: Float64Array
  /** The task that makes it. */
  readonly producer: Int32Array
  /** Task t makes the objects from `firstOutput[t]` to below `firstOutput[t + 1]`. */
  readonly firstOutput: Int32Array
  /** Task t consumes `inputs[firstInput[t]]` to below `inputs[firstInput[t + 1]]`. */
  readonly firstInput: Int32Array
  readonly inputs: Int32Array
  /** Object o is consumed by `consumers[firstConsumer[o]]` to below `consumers[firstConsumer[o + 1]]`, in ascending order. */
  readonly firstConsumer: Int32Array
  readonly consumers: Int32Array
}
