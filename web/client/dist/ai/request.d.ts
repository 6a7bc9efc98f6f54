import type { UIMessage } from 'ai';
type Part = UIMessage['parts'][number];
/** A call of a tool, in the form that all parts of tools have in common. */
type Call = {
    type: string;
    toolName?: string;
    toolCallId: string;
    state: string;
    input?: unknown;
    output?: unknown;
    errorText?: string;
};
/**
 * The messages of a chat as OpenAI's Chat Completions API wants them: text, images and files, and tools' calls
 * with their results. Calls without a result, reasoning and data parts are left out.
 */
export declare function toChatRequest(messages: UIMessage[]): object[];
/** Whether a part is a tool's call. */
export declare function isCall(part: Part): part is Part & Call;
/** The name of the tool that a part calls. */
export declare function toolName({ type, toolName }: Call): string;
export {};
