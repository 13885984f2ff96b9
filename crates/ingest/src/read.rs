//! Reading a source to its end: one thread opens its files and cuts them into chunks, several read
//! the rows of chunks, and the caller's own gets the batches in the order of the files.
//!
//! Memory is bounded by the chunks on their way, one more than there are threads.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::chunk::{Piece, cut};
use crate::error::{InputError, Packing, ReadError};
use crate::format::{Parsed, Reader, Recognised, RowReader, recognise};
use crate::identity::{Ordinals, event_id};
use crate::source::{Opened, Source, Walk};
use crate::text::Text;
use crate::{Batch, LeftOut, Options, Part, Progress, Summary};

/// A piece on its way: read by whichever thread is free, awaited in the order of the files.
struct Job<'a> {
    piece: Piece,
    read_rows: RowReader,
    answer: Sender<Parsed<'a>>,
}

struct Awaited<'a> {
    part: Arc<Part>,
    parsed: Receiver<Parsed<'a>>,
    bytes_read: u64,
    bytes_total: Option<u64>,
}

/// Reads one source to its end and gives `each` its batches, in the order of its files and of their
/// rows. The batches are the same whatever `options.parallelism` is.
///
/// Blank lines are no rows: they are neither read nor rejected. A byte-order mark is skipped, lines
/// may end in `\r\n`, and a gzip file may have several members. Of a folder or an archive the files
/// that are none of events are left out, and told.
///
/// # Errors
/// Where the source as a whole, or a file of events in it, cannot be read. That can show late: a gzip
/// file that is cut off gives the batches before the cut first. The caller takes back what it stored.
/// Setting `cancel` is such an error as well; it is seen within a batch. An error of `each` ends
/// reading and is passed on.
pub fn read<E>(
    source: Source<'_>,
    options: &Options,
    cancel: &AtomicBool,
    each: &mut dyn FnMut(Batch) -> Result<(), E>,
) -> Result<Summary, ReadError<E>> {
    let name = source.name();
    let threads = thread_count(options.parallelism);
    let mut collector = Collector {
        part: None,
        ordinals: Ordinals::default(),
        progress: Progress::default(),
        rejection_count: 0,
    };

    let files = thread::scope(|scope| {
        let (job_sender, jobs) = bounded::<Job<'_>>(threads);
        let (awaited_sender, awaited) = bounded::<Awaited<'_>>(threads);
        let cutter = scope.spawn(move || {
            let mut files = Files::new(options, cancel, job_sender, awaited_sender);
            let mut walk = Walk {
                cancel,
                take: &mut |opened| files.take(opened),
            };
            let walked = walk.source(source);
            walked.map(|()| files.found)
        });
        for _ in 0..threads {
            let jobs = jobs.clone();
            scope.spawn(move || {
                for job in jobs {
                    let mut parsed = Parsed::new(options);
                    match job.piece {
                        Piece::Rows(chunk) => (job.read_rows)(&chunk, &mut parsed),
                        Piece::TooLong {
                            line,
                            start,
                            byte_count,
                        } => {
                            parsed.push_too_long(line, &start, byte_count);
                        }
                    }
                    // Nobody waits for it once the caller has stopped.
                    let _ = job.answer.send(parsed);
                }
            });
        }
        drop(jobs);
        for awaited in awaited {
            // An answer is missing only where its thread panicked, which the scope passes on.
            let Ok(parsed) = awaited.parsed.recv() else {
                break;
            };
            if cancel.load(Ordering::Relaxed) {
                return Err(ReadError::Input(InputError::Cancelled {
                    name: name.clone(),
                }));
            }
            let progress = Progress {
                bytes_read: awaited.bytes_read,
                bytes_total: awaited.bytes_total,
                ..collector.progress
            };
            each(collector.batch(awaited.part, parsed, progress)).map_err(ReadError::Each)?;
        }
        match cutter.join() {
            Ok(read) => read.map_err(ReadError::Input),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    summary(name, files, &collector).map_err(ReadError::Input)
}

fn summary(name: String, files: Found, collector: &Collector) -> Result<Summary, InputError> {
    let Found {
        parts,
        left_out,
        packing,
        bytes_read,
    } = files;
    if let (true, Some(first)) = (parts.is_empty(), left_out.first()) {
        return Err(InputError::NoEvents {
            name,
            file_count: left_out.len() as u64,
            first: first.sentence.clone(),
        });
    }
    match collector.progress.rows_read {
        0 => Err(InputError::Empty { name }),
        rows_read => Ok(Summary {
            parts,
            left_out,
            packing,
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

/// What the files of a source came to.
#[derive(Default)]
struct Found {
    parts: Vec<Arc<Part>>,
    left_out: Vec<LeftOut>,
    packing: Option<Packing>,
    bytes_read: u64,
}

/// Opens files and sends their rows on their way.
struct Files<'a> {
    options: &'a Options,
    cancel: &'a AtomicBool,
    jobs: Sender<Job<'a>>,
    awaited: Sender<Awaited<'a>>,
    found: Found,
    /// Of the files so far.
    line_count: u64,
}

impl<'a> Files<'a> {
    fn new(
        options: &'a Options,
        cancel: &'a AtomicBool,
        jobs: Sender<Job<'a>>,
        awaited: Sender<Awaited<'a>>,
    ) -> Self {
        Self {
            options,
            cancel,
            jobs,
            awaited,
            found: Found::default(),
            line_count: 0,
        }
    }

    /// Reads a file, or leaves it out where it is one of several and none of events.
    fn take(&mut self, opened: Opened<'_>) -> Result<ControlFlow<()>, InputError> {
        let (name, bytes_total, taken) = (opened.part.clone(), opened.bytes_total, opened.taken());
        let read = self.begin(opened).and_then(|(mut text, part, reader)| {
            self.cut(&mut text, &part, reader, &|| (taken(), bytes_total))
        });
        self.found.bytes_read = taken();
        match read {
            Err(error) if !name.is_empty() && error.is_no_event_file() => {
                let sentence = error.to_string();
                self.found.left_out.push(LeftOut { name, sentence });
                Ok(ControlFlow::Continue(()))
            }
            read => read,
        }
    }

    fn begin<'t>(
        &mut self,
        opened: Opened<'t>,
    ) -> Result<(Text<'t>, Arc<Part>, Reader), InputError> {
        let part = opened.part.clone();
        let text = Text::open(opened)?;
        let format = match recognise(text.head(), self.options.format.as_deref()) {
            Recognised::As(format) => format,
            Recognised::Not(format) => {
                text.check_is_text()?;
                if !part.is_empty() {
                    return Err(InputError::NoFormat { name: text.name });
                }
                format
            }
        };
        let reader = (format.open)(&text.name, text.head(), self.options)?;
        let part = Arc::new(Part {
            name: part,
            format: reader.label,
            first_line: self.line_count + 1,
            columns: reader.columns.clone(),
            missing: reader.missing,
            table: reader.table.clone(),
        });
        if self.found.parts.is_empty() {
            self.found.packing = text.packing();
        }
        self.found.parts.push(Arc::clone(&part));
        Ok((text, part, reader))
    }

    fn cut(
        &mut self,
        text: &mut Text<'_>,
        part: &Arc<Part>,
        mut reader: Reader,
        progress: &dyn Fn() -> (u64, Option<u64>),
    ) -> Result<ControlFlow<()>, InputError> {
        let mut flow = ControlFlow::Continue(());
        let lines_before = self.line_count;
        self.line_count += cut(text, &mut *reader.rows, self.cancel, &mut |piece| {
            let (answer, parsed) = bounded(1);
            let (bytes_read, bytes_total) = progress();
            let awaited = Awaited {
                part: Arc::clone(part),
                parsed,
                bytes_read,
                bytes_total,
            };
            let job = Job {
                piece: piece.shifted(lines_before),
                read_rows: Arc::clone(&reader.read_rows),
                answer,
            };
            if self.awaited.send(awaited).is_err() || self.jobs.send(job).is_err() {
                // The caller has stopped taking batches.
                flow = ControlFlow::Break(());
            }
            // A table that is only looked at, and that an import leaves out or refuses: its first rows do.
            match part.missing {
                Some(_) => ControlFlow::Break(()),
                None => flow,
            }
        })?;
        Ok(flow)
    }
}

/// What needs the order of the files.
struct Collector {
    part: Option<Arc<Part>>,
    /// Of the file that is being read: a file by itself and the same one in a folder or an archive
    /// give the same ids.
    ordinals: Ordinals,
    progress: Progress,
    rejection_count: u64,
}

impl Collector {
    fn batch(&mut self, part: Arc<Part>, parsed: Parsed<'_>, progress: Progress) -> Batch {
        let Parsed {
            mut events,
            rejections,
            derived,
            fills,
            ..
        } = parsed;
        if !self
            .part
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, &part))
        {
            self.part = Some(Arc::clone(&part));
            self.ordinals = Ordinals::default();
        }
        for (index, content) in derived {
            match self.ordinals.next(content) {
                0 => {}
                ordinal => events.set_event_id(index, event_id(content, ordinal)),
            }
        }
        self.progress = progress;
        self.progress.rows_read += (events.len() + rejections.len()) as u64;
        self.rejection_count += rejections.len() as u64;
        Batch {
            part,
            events,
            rejections,
            columns: fills.columns,
            progress: self.progress,
        }
    }
}
