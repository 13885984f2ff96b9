//! Reading a source to its end: one thread cuts it into chunks, several read the rows of chunks,
//! and the caller's own gets the batches in the order of the file.
//!
//! Memory is bounded by the chunks on their way, one more than there are threads.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::chunk::{Piece, cut};
use crate::format::Parsed;
use crate::identity::{Ordinals, event_id};
use crate::input::{ReadError, Source, Text};
use crate::{Batch, Options, Progress, Summary};

/// A piece on its way: read by whichever thread is free, awaited in the order of the file.
struct Job<'a> {
    piece: Piece,
    answer: Sender<Parsed<'a>>,
}

struct Awaited<'a> {
    parsed: Receiver<Parsed<'a>>,
    bytes_read: u64,
}

/// Reads one source to its end and gives `each` its batches, in the order of the file. The batches
/// are the same whatever `options.parallelism` is.
///
/// Blank lines are no rows: they are neither read nor rejected. A byte-order mark is skipped, lines
/// may end in `\r\n`, and a gzip file may have several members.
///
/// # Errors
/// Where the source as a whole cannot be read. That can show late: a gzip file that is cut off
/// gives the batches before the cut first. The caller takes back what it stored. Setting `cancel`
/// is such an error as well; it is seen within a batch. An error of `each` ends reading and is
/// passed on.
pub fn read<E>(
    source: Source<'_>,
    options: &Options,
    cancel: &AtomicBool,
    each: &mut dyn FnMut(Batch) -> Result<(), E>,
) -> Result<Summary, ReadError<E>> {
    let (mut text, format) = Text::open(source)?;
    let head = text.head().to_vec();
    let read_rows = (format.open)(&head, options);
    let threads = thread_count(options.parallelism);
    let (cancelled, empty) = (text.cancelled(), text.empty());
    let is_gzip = text.is_gzip();
    let mut collector = Collector {
        ordinals: Ordinals::default(),
        progress: Progress {
            bytes_total: text.bytes_total,
            ..Progress::default()
        },
        rejection_count: 0,
    };

    thread::scope(|scope| {
        let (job_sender, jobs) = bounded::<Job<'_>>(threads);
        let (awaited_sender, awaited) = bounded::<Awaited<'_>>(threads);
        let cutter = scope.spawn(move || {
            cut(
                &mut text,
                format.last_row_end,
                cancel,
                |piece, bytes_read| {
                    let (answer, parsed) = bounded(1);
                    let sent = awaited_sender.send(Awaited { parsed, bytes_read }).is_ok()
                        && job_sender.send(Job { piece, answer }).is_ok();
                    match sent {
                        true => ControlFlow::Continue(()),
                        // The caller has stopped taking batches.
                        false => ControlFlow::Break(()),
                    }
                },
            )
        });
        for _ in 0..threads {
            let (jobs, read_rows) = (jobs.clone(), &read_rows);
            scope.spawn(move || {
                for Job { piece, answer } in jobs {
                    let mut parsed = Parsed::new(options);
                    match piece {
                        Piece::Rows(chunk) => read_rows(&chunk, &mut parsed),
                        Piece::TooLong {
                            line,
                            start,
                            byte_count,
                        } => {
                            parsed.push_too_long(line, &start, byte_count);
                        }
                    }
                    // Nobody waits for it once the caller has stopped.
                    let _ = answer.send(parsed);
                }
            });
        }
        drop(jobs);
        for Awaited { parsed, bytes_read } in awaited {
            // An answer is missing only where its thread panicked, which the scope passes on.
            let Ok(parsed) = parsed.recv() else { break };
            if cancel.load(Ordering::Relaxed) {
                return Err(ReadError::Input(cancelled));
            }
            each(collector.batch(parsed, bytes_read)).map_err(ReadError::Each)?;
        }
        match cutter.join() {
            Ok(read) => read.map_err(ReadError::Input),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;

    let Progress {
        bytes_read,
        rows_read,
        ..
    } = collector.progress;
    match rows_read {
        0 => Err(ReadError::Input(empty)),
        _ => Ok(Summary {
            format: format.name,
            is_gzip,
            row_count: rows_read,
            event_count: rows_read - collector.rejection_count,
            rejection_count: collector.rejection_count,
            bytes_read,
        }),
    }
}

fn thread_count(parallelism: usize) -> usize {
    match parallelism {
        0 => thread::available_parallelism().map_or(1, usize::from),
        count => count,
    }
}

/// What needs the order of the file.
struct Collector {
    ordinals: Ordinals,
    progress: Progress,
    rejection_count: u64,
}

impl Collector {
    fn batch(&mut self, parsed: Parsed<'_>, bytes_read: u64) -> Batch {
        let Parsed {
            mut events,
            rejections,
            derived,
            ..
        } = parsed;
        for (index, content) in derived {
            match self.ordinals.next(content) {
                0 => {}
                ordinal => events.set_event_id(index, event_id(content, ordinal)),
            }
        }
        self.progress.bytes_read = bytes_read;
        self.progress.rows_read += (events.len() + rejections.len()) as u64;
        self.rejection_count += rejections.len() as u64;
        Batch {
            events,
            rejections,
            progress: self.progress,
        }
    }
}
