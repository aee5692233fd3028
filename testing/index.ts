/** The published kit for those who write a transport or build upon Yardmaster. */
export {
  type SuiteRunner,
  type TransportCase,
  type TransportSuiteOptions,
  type TransportUnderTest,
  transportSuite,
} from './transport-suite.ts'
