/** What is told of requests that applications make of people in the background (CIBA). */
import { z } from 'zod';
import { kind, word } from './event-kind.ts';

const request = { app: word, request: word };

export const askingEvents = {
  /** Refused means that it was shown to nobody; the application is told nothing of it. */
  'app.requested': kind(
    ['authentication', 99],
    'low',
    ['challenged', 'refused'],
    z.strictObject(request),
    'The application {app} asked {subject} to sign in to it (request {request}).',
  ),
  'app.request-approved': kind(
    ['authentication', 1],
    'low',
    ['granted'],
    z.strictObject({ ...request, grant: word }),
    '{subject} approved the request {request} of the application {app}.',
  ),
  /** Somebody chose a number that the application did not show: they may have answered for someone else's sign-in. */
  'app.request-mismatched': kind(
    ['authentication', 1],
    'medium',
    ['refused'],
    z.strictObject(request),
    '{subject} chose the wrong number for the request {request} of the application {app}, which was refused.',
  ),
  'app.told-of-answer': kind(
    ['authentication', 99],
    'informational',
    ['done', 'failed'],
    z.strictObject(request),
    'The application {app} was told that {subject} answered its request {request}.',
  ),
  /** "I did not ask for this." */
  'app.request-disowned': kind(
    ['finding', 1],
    'high',
    ['refused'],
    z.strictObject(request),
    '{subject} said that they did not ask for the request {request} of the application {app}.',
  ),
};
