package provider

// fault breaks the stream before event i of the answer.
func (x *exchange) fault(a *answer, i int) error {
	var last []byte
	outcome := errPlayed
	switch x.script.Fault {
	case Fin:
		return errBreak
	case Reset:
		return errReset
	case End:
		return errPlayed
	case ErrorEvent:
		last, _ = x.manner.broken(x, i)
	case ErrorThenDone:
		event, after := x.manner.broken(x, i)
		last = append(event, after...)
	case Cut, CutEnd:
		if x.script.Fault == Cut {
			outcome = errBreak
		}
		if i < a.length {
			last = a.append(nil, i)
			last = last[:len(last)/2]
		}
	}
	if err := x.emit(last); err != nil {
		return err
	}
	return outcome
}
