export { nodePlatform } from './node-platform.js'
