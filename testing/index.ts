/** The published kit for those who write a transport or a strategy, or build upon Yardmaster. */
export { type StrategyCase, type StrategySuiteOptions, strategySuite } from './strategy-suite.ts'
export {
  type SuiteRunner,
  type TransportCase,
  type TransportSuiteOptions,
  type TransportUnderTest,
  transportSuite,
} from './transport-suite.ts'
