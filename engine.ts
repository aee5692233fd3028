/** What a running task can use: `import { currentTask } from 'yardmaster/engine'`. */
export { currentTask, type TaskContext, UnmetDependency } from './cluster/task-context.ts'
export { transfer } from './core/transfer.ts'
