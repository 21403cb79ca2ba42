/** What is loaded together when somebody asks where a thing came from (parts/Origin.tsx). */
export { LineageOf } from './LineageOf';
export { RunDetail } from './RunDetail';
