export { answerRequest } from './admin/answer.js'
