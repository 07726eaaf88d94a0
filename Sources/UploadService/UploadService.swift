/// What each URL of the upload desk does.
package enum UploadService {}
