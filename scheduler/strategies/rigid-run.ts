import type { PlannedStarts } from './planned-starts.ts'
import type { RigidQueue } from './rigid-queue.ts'
import type { EngineView, FinishedWithDuration, StrategyRun, TaskView } from './strategy.ts'

type Job = ReturnType<RigidQueue['assigned']>

/** What a strategy keeps of rigid tasks beside their queue. Each is told after the queue. */
export interface RigidPlan {
  begun?(task: TaskView, job: Job): void
  finished?(engine: EngineView, job: ReturnType<RigidQueue['finished']>): void
  ended?(task: TaskView): void
  joined?(engine: EngineView): void
  left?(engine: EngineView): void
}

/** A strategy for rigid tasks in force: its queue, its plan and what begins now hear of everything that happens. */
export function rigidRun(
  queue: RigidQueue,
  starts: PlannedStarts,
  plan: RigidPlan = {},
): StrategyRun<FinishedWithDuration> {
  return {
    choose: (task, engines) => starts.choose(task, engines),
    tasksSubmitted: (tasks) => queue.submitted(tasks),
    taskReady(task) {
      queue.add(task)
      starts.changed()
    },
    taskAssigned(task, engine) {
      const job = queue.assigned(task, engine)
      plan.begun?.(task, job)
    },
    taskFinished(task, engine) {
      const job = queue.finished(task)
      plan.finished?.(engine, job)
      starts.changed()
    },
    taskEnded(task) {
      queue.ended(task)
      plan.ended?.(task)
      starts.changed()
    },
    engineJoined(engine) {
      queue.engines.set(engine.id, engine)
      plan.joined?.(engine)
      starts.changed()
    },
    engineLeft(engine) {
      queue.engines.delete(engine.id)
      plan.left?.(engine)
      starts.changed()
    },
  }
}
